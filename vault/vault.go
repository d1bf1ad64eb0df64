package vault

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Store keeps wrapped keys. Every method but VaultTenants answers for one tenant only.
type Store interface {
	// PutVaultKey adds a key; Conflict when the tenant has one of that id.
	PutVaultKey(ctx context.Context, row KeyRow) error
	// ReplaceVaultKey changes how an existing key is wrapped; NotFound when it is not there.
	ReplaceVaultKey(ctx context.Context, row KeyRow) error
	// VaultKeys returns a tenant's keys, the lowest id first; none is not an error.
	VaultKeys(ctx context.Context, tenant model.TenantID) ([]KeyRow, error)
	// VaultTenants lists the tenants that have keys.
	VaultTenants(ctx context.Context) ([]model.TenantID, error)
}

// Bounds of reading keys: reads happen when a tenant is first seen and when a blob names an unknown key.
const (
	storeTimeout = 5 * time.Second
	reloadEvery  = time.Second // a stranger's blobs must not make every Open a store read
)

// Vault seals, opens and signs for tenants. All methods are safe for concurrent use.
//
// A tenant's first key is made when something is first sealed or signed for it, so callers pass only tenants
// that exist.
type Vault struct {
	master *Master
	store  Store
	now    func() time.Time

	mu   sync.RWMutex
	keys map[model.TenantID]*ring

	load sync.Mutex // one load or creation at a time
}

// ring is a tenant's keys; it is replaced, never changed.
type ring struct {
	newest *dataKey
	by     map[uint32]*dataKey
	loaded time.Time
}

// Open makes a vault. Keys are read from the store as tenants are first seen.
func Open(master *Master, store Store, now func() time.Time) *Vault {
	return &Vault{master: master, store: store, now: now, keys: map[model.TenantID]*ring{}}
}

// LogValue names the master key and nothing else.
func (v *Vault) LogValue() slog.Value { return v.master.LogValue() }

// A sealed blob is: version (1 byte), data key id (4, big endian), nonce (24), ciphertext and tag (16).
const (
	blobVersion = 1
	blobHead    = 1 + 4 + chacha20poly1305.NonceSizeX
	// Overhead is how much longer a sealed blob is than its plaintext.
	Overhead = blobHead + chacha20poly1305.Overhead
)

// Seal encrypts plaintext for a tenant and purpose and binds it to ad, which Open must be given again.
func (v *Vault) Seal(tenant model.TenantID, purpose string, plaintext, ad []byte) ([]byte, error) {
	r, err := v.ring(tenant, true)
	if err != nil {
		return nil, fault.Wrap(err, "vault.Seal", string(tenant))
	}
	out := make([]byte, blobHead, Overhead+len(plaintext))
	out[0] = blobVersion
	binary.BigEndian.PutUint32(out[1:], r.newest.id)
	nonce := out[5:blobHead]
	rand.Read(nonce)
	return r.newest.purpose(tenant, purpose).aead.Seal(out, nonce, plaintext, sealAD(out[:5], ad)), nil
}

// sealAD authenticates version and key id along with the caller's data. Tenant and purpose are in the key.
func sealAD(head, ad []byte) []byte {
	return append(append(make([]byte, 0, len(head)+len(ad)), head...), ad...)
}

// Open decrypts what Seal made for the same tenant, purpose and ad. It is Invalid when the blob is truncated,
// altered, of another version or was sealed for something else, and Unavailable when keys can't be read.
func (v *Vault) Open(tenant model.TenantID, purpose string, sealed, ad []byte) ([]byte, error) {
	const op = "vault.Open"
	if len(sealed) < Overhead {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: string(tenant), Msg: "sealed data is truncated"}
	}
	if sealed[0] != blobVersion {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: string(tenant), Msg: "sealed data has an unknown version"}
	}
	d, err := v.dataKey(tenant, binary.BigEndian.Uint32(sealed[1:]))
	if err != nil {
		return nil, fault.Wrap(err, op, string(tenant))
	}
	plain, err := d.purpose(tenant, purpose).aead.Open(nil, sealed[5:blobHead], sealed[blobHead:], sealAD(sealed[:5], ad))
	if err != nil {
		return nil, &fault.Error{
			Kind: fault.Invalid, Op: op, Key: string(tenant),
			Msg: "sealed data was altered, or sealed for another tenant, purpose or place",
		}
	}
	return plain, nil
}

// Key returns the newest key of a purpose, to derive from or to authenticate with. Keep its ID with what it
// made: after a rotation KeyAt still gives it.
func (v *Vault) Key(tenant model.TenantID, purpose string) (Key, error) {
	r, err := v.ring(tenant, true)
	if err != nil {
		return Key{}, fault.Wrap(err, "vault.Key", string(tenant))
	}
	return r.newest.purpose(tenant, purpose).Key, nil
}

// KeyAt returns the key of a purpose from the data key id; Invalid when the tenant has no such data key.
func (v *Vault) KeyAt(tenant model.TenantID, purpose string, id uint32) (Key, error) {
	d, err := v.dataKey(tenant, id)
	if err != nil {
		return Key{}, fault.Wrap(err, "vault.KeyAt", string(tenant))
	}
	return d.purpose(tenant, purpose).Key, nil
}
