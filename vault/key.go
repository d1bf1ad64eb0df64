package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// KeyRow is a tenant's data key as the store keeps it.
type KeyRow struct {
	Tenant  model.TenantID
	ID      uint32 // from 1; the highest seals
	Master  string // id of the master key that wraps it
	Wrapped []byte
	Created time.Time
}

// Key is a purpose key. It never shows itself; take Bytes to use it.
type Key struct {
	ID     uint32 // of the tenant's data key it was derived from
	secret [keySize]byte
}

// Bytes returns the 32 bytes of the key.
func (k Key) Bytes() []byte { return k.secret[:] }

// String tells the key's id only.
func (k Key) String() string { return fmt.Sprintf("key %d [redacted]", k.ID) }

// GoString is String, for %#v.
func (k Key) GoString() string { return k.String() }

// LogValue tells the key's id only.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// dataKey is an unwrapped tenant key with the purpose keys derived so far. Purposes are constants of the
// program, so the map stays small.
type dataKey struct {
	id     uint32
	secret [keySize]byte
	mu     sync.RWMutex
	by     map[string]*purposeKey
}

type purposeKey struct {
	Key
	aead cipher.AEAD
}

func (d *dataKey) purpose(tenant model.TenantID, name string) *purposeKey {
	d.mu.RLock()
	p := d.by[name]
	d.mu.RUnlock()
	if p != nil {
		return p
	}
	info := "referee vault purpose 1\x00" + string(tenant) + "\x00" + name
	raw, err := hkdf.Key(sha256.New, d.secret[:], nil, info, keySize)
	if err != nil { // only for lengths that HKDF can't give
		panic(err)
	}
	p = &purposeKey{Key: Key{ID: d.id, secret: [keySize]byte(raw)}}
	if p.aead, err = chacha20poly1305.NewX(raw); err != nil { // only for a wrong key size
		panic(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.by[name]; old != nil {
		return old
	}
	d.by[name] = p
	return p
}

// wrapAD binds a wrapped key to its place: a row moved to another tenant or id does not open.
func wrapAD(tenant model.TenantID, id uint32) []byte {
	ad := append([]byte("referee vault wrap 1\x00"), tenant...)
	return binary.BigEndian.AppendUint32(append(ad, 0), id)
}

func wrap(m *Master, tenant model.TenantID, id uint32, secret []byte, now time.Time) KeyRow {
	k := &m.keys[0]
	aead, err := chacha20poly1305.NewX(k.secret[:])
	if err != nil {
		panic(err)
	}
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+keySize+chacha20poly1305.Overhead)
	rand.Read(nonce)
	return KeyRow{
		Tenant: tenant, ID: id, Master: k.id, Created: now,
		Wrapped: aead.Seal(nonce, nonce, secret, wrapAD(tenant, id)),
	}
}

func unwrap(m *Master, row KeyRow) (*dataKey, error) {
	const op = "vault.unwrap"
	k, ok := m.find(row.Master)
	if !ok {
		return nil, &fault.Error{
			Kind: fault.Unavailable, Op: op, Key: string(row.Tenant),
			Msg:  fmt.Sprintf("data key %d is wrapped by master key %s, which the master key file does not hold", row.ID, row.Master),
			Help: "add that master key to the file, below the newest",
		}
	}
	aead, err := chacha20poly1305.NewX(k.secret[:])
	if err != nil {
		panic(err)
	}
	if len(row.Wrapped) < chacha20poly1305.NonceSizeX {
		return nil, fault.New(fault.Invalid, op, "data key %d of %s is truncated", row.ID, row.Tenant)
	}
	nonce, sealed := row.Wrapped[:chacha20poly1305.NonceSizeX], row.Wrapped[chacha20poly1305.NonceSizeX:]
	secret, err := aead.Open(nil, nonce, sealed, wrapAD(row.Tenant, row.ID))
	if err != nil || len(secret) != keySize {
		return nil, fault.New(fault.Invalid, op, "data key %d of %s is damaged or belongs to another tenant", row.ID, row.Tenant)
	}
	return &dataKey{id: row.ID, secret: [keySize]byte(secret), by: map[string]*purposeKey{}}, nil
}
