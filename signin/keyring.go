package signin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// KeyUse says what a signing key is for.
type KeyUse string

// The uses: ID tokens and logout tokens, which apps verify with a key set that they fetch; and SAML, whose
// certificate an administrator copies into each app.
const (
	KeyOpenID KeyUse = "oidc"
	KeySAML   KeyUse = "saml"
)

// How keys roll. The next key is made and published keyNotice before the planned end of the one in use and takes over
// at that end; the old one stays published keyOverlap longer, for what it signed and for apps that still know it.
const (
	keyLife    = 365 * 24 * time.Hour
	samlLife   = 3 * keyLife
	keyNotice  = 60 * 24 * time.Hour
	keyOverlap = 30 * 24 * time.Hour
	keyFresh   = time.Minute     // how long a process uses the ring it has read
	minRoll    = 2 * time.Minute // a key is published this long before use, even in an emergency: every process has read it
)

// SigningKey is a stored key. Tenant, use and id are bound to the seal.
type SigningKey struct {
	Tenant  model.TenantID
	Use     KeyUse
	ID      string
	Created time.Time
	Active  time.Time // in use from here
	Ends    time.Time // planned end
	Alone   bool      // the older keys are withdrawn when it comes into use: nothing that they signed counts any more
	Sealed  []byte
}

// KeySeen is the last key that an app was given, or fetched.
type KeySeen struct {
	Tenant   model.TenantID   `json:"-"`
	Use      KeyUse           `json:"use"`
	Instance model.InstanceID `json:"app"`
	Key      string           `json:"key"`
	How      string           `json:"how"` // "fetched" its metadata, "signed" something for it
	At       time.Time        `json:"at"`
}

// KeyStore keeps signing keys. Every method answers for one tenant.
type KeyStore interface {
	// PutSigningKey inserts; Conflict when the id is there.
	PutSigningKey(ctx context.Context, k SigningKey) error
	// SigningKeys lists them by Active.
	SigningKeys(ctx context.Context, tenant model.TenantID, use KeyUse) ([]SigningKey, error)
	DeleteSigningKey(ctx context.Context, tenant model.TenantID, use KeyUse, id string) error
	PutKeySeen(ctx context.Context, s KeySeen) error
	KeysSeen(ctx context.Context, tenant model.TenantID) ([]KeySeen, error)
}

// ringKey is an opened key.
type ringKey struct {
	SigningKey
	private *rsa.PrivateKey
	cert    *x509.Certificate // self-signed; SAML's peers want one
}

// Fingerprint is the SHA-256 of the certificate, as administrators compare it.
func (k *ringKey) Fingerprint() string {
	sum := sha256.Sum256(k.cert.Raw)
	return hex.EncodeToString(sum[:])
}

// ring is what one process knows of a tenant's keys.
type ring struct {
	keys []ringKey // by Active
	read time.Time
}

// current is the index of the key in use.
func (r *ring) current(now time.Time) int {
	at := 0
	for i := range r.keys {
		if !r.keys[i].Active.After(now) {
			at = i
		}
	}
	return at
}

// published reports whether a key is still, or already, shown to apps.
func (r *ring) published(i int, now time.Time) bool {
	current := r.current(now)
	for j := i + 1; j <= current; j++ {
		if r.keys[j].Alone {
			return false
		}
	}
	return i >= current || now.Before(r.keys[i+1].Active.Add(keyOverlap))
}

type ringName struct {
	tenant model.TenantID
	use    KeyUse
}

// ring returns a tenant's keys, making the first one at first use.
func (b *Broker) ring(ctx context.Context, id model.TenantID, use KeyUse) (*ring, error) {
	const op = "signin.ring"
	name, now := ringName{id, use}, b.parts.Now()
	b.mu.Lock()
	have := b.rings[name]
	b.mu.Unlock()
	if have != nil && now.Sub(have.read) < keyFresh {
		return have, nil
	}
	stored, err := b.parts.Keys.SigningKeys(ctx, id, use)
	if err == nil && len(stored) == 0 {
		if err = b.firstKey(ctx, id, use); err == nil {
			stored, err = b.parts.Keys.SigningKeys(ctx, id, use)
		}
	}
	if err != nil {
		if have != nil {
			b.parts.Log.Warn("signing keys not read again", "tenant", id, "err", err)
			return have, nil // the keys that were there are still good
		}
		return nil, fault.Wrap(err, op, string(id))
	}
	fresh := &ring{read: now}
	for _, k := range stored {
		opened, err := b.openKey(k)
		if err != nil {
			return nil, err
		}
		fresh.keys = append(fresh.keys, opened)
	}
	if len(fresh.keys) == 0 {
		return nil, fault.New(fault.Internal, op, "tenant %s has no signing key", id)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rings[name] = fresh
	return fresh, nil
}

// signer returns the key in use.
func (b *Broker) signer(ctx context.Context, id model.TenantID, use KeyUse) (ringKey, error) {
	r, err := b.ring(ctx, id, use)
	if err != nil {
		return ringKey{}, err
	}
	return r.keys[r.current(b.parts.Now())], nil
}

// publishedKeys returns the keys that apps may meet: the one in use first.
func (b *Broker) publishedKeys(ctx context.Context, id model.TenantID, use KeyUse) ([]ringKey, error) {
	r, err := b.ring(ctx, id, use)
	if err != nil {
		return nil, err
	}
	now := b.parts.Now()
	out := []ringKey{r.keys[r.current(now)]}
	for i, k := range r.keys {
		if i != r.current(now) && r.published(i, now) {
			out = append(out, k)
		}
	}
	return out, nil
}

// firstKey makes a tenant's first key. A key of ID tokens from before keys rolled is taken over as it is; two
// processes that start at once make one each, of the same name, and that of the quicker one counts.
func (b *Broker) firstKey(ctx context.Context, id model.TenantID, use KeyUse) error {
	now, keyID, life, bits := b.parts.Now(), "first", samlLife, 3072
	var private *rsa.PrivateKey
	if use == KeyOpenID {
		life, bits = keyLife, 2048
		var old firstRecord
		switch err := b.flows.get(ctx, id, FlowKey, firstRecordID, &old); {
		case err == nil:
			keyID = old.ID
			if private, err = parseKey(old.PKCS8); err != nil {
				return err
			}
		case !fault.Is(err, fault.NotFound):
			return err
		}
	}
	if private == nil {
		var err error
		if private, err = rsa.GenerateKey(rand.Reader, bits); err != nil {
			return fault.Wrap(err, "signin.firstKey", "")
		}
	}
	err := b.storeKey(ctx, SigningKey{Tenant: id, Use: use, ID: keyID, Created: now, Active: now, Ends: now.Add(life)}, private)
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// storeKey seals and writes a key with its certificate, which names nothing but the tenant and outlives the key.
func (b *Broker) storeKey(ctx context.Context, k SigningKey, private *rsa.PrivateKey) error {
	const op = "signin.storeKey"
	id := k.Tenant
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fault.Wrap(err, op, string(id))
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Referee " + string(id) + " " + string(k.Use) + " " + k.Active.UTC().Format("2006-01")},
		NotBefore: k.Created.Add(-time.Hour), NotAfter: k.Ends.Add(keyOverlap), KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return fault.Wrap(err, op, string(id))
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fault.Wrap(err, op, string(id))
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})...)
	if k.Sealed, err = b.parts.Sealer.Seal(id, keyPurpose, text, keyPlace(k)); err != nil {
		return fault.Wrap(err, op, string(id))
	}
	return fault.Wrap(b.parts.Keys.PutSigningKey(ctx, k), op, string(id))
}

const keyPurpose = "signing-key"

func keyPlace(k SigningKey) []byte {
	return []byte(string(k.Tenant) + "\x00" + string(k.Use) + "\x00" + k.ID)
}

func (b *Broker) openKey(k SigningKey) (ringKey, error) {
	const op = "signin.openKey"
	text, err := b.parts.Sealer.Open(k.Tenant, keyPurpose, k.Sealed, keyPlace(k))
	if err != nil {
		return ringKey{}, fault.Wrap(err, op, k.ID)
	}
	out := ringKey{SigningKey: k}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			out.cert, err = x509.ParseCertificate(block.Bytes)
		} else {
			out.private, err = parseKey(block.Bytes)
		}
		if err != nil {
			return out, fault.Wrap(err, op, k.ID)
		}
	}
	if out.private == nil || out.cert == nil {
		return out, fault.New(fault.Internal, op, "key %s is not whole", k.ID)
	}
	return out, nil
}

func parseKey(der []byte) (*rsa.PrivateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fault.Wrap(err, "signin.parseKey", "")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fault.New(fault.Internal, "signin.parseKey", "the stored key is not an RSA key")
	}
	return key, nil
}

// Rolling says how a tenant's key is rolled.
type Rolling struct {
	Use   KeyUse
	After time.Duration // when the next key takes over, at least two minutes; zero asks for the usual overlap
	// Withdraw takes the older keys out of what is published, and out of the store, at that moment, as well as those that
	// were to come later: for a key that was stolen. Without After it is in two minutes.
	Withdraw bool
}

// Roll publishes a tenant's next key and says when it takes over. A key that is published already and not in use yet is
// brought forward instead by a new one of the earlier time.
func (b *Broker) Roll(ctx context.Context, id model.TenantID, how Rolling) (KeyStatus, error) {
	const op = "signin.Roll"
	if how.Use != KeyOpenID && how.Use != KeySAML {
		return KeyStatus{}, &fault.Error{Kind: fault.Invalid, Op: op, Key: string(how.Use), Msg: "there is no such use of a key", Help: "oidc or saml"}
	}
	if _, err := b.ring(ctx, id, how.Use); err != nil {
		return KeyStatus{}, err
	}
	life, after := keyLife, 24*time.Hour
	if how.Use == KeySAML {
		life, after = samlLife, keyOverlap
	}
	switch {
	case how.After > 0:
		after = how.After
	case how.Withdraw:
		after = minRoll
	}
	active := b.parts.Now().Add(max(after, minRoll))
	made, err := b.nextKey(ctx, SigningKey{Tenant: id, Use: how.Use, Active: active, Ends: active.Add(life), Alone: how.Withdraw})
	if err != nil || !how.Withdraw {
		return made, err
	}
	stored, err := b.parts.Keys.SigningKeys(ctx, id, how.Use)
	if err != nil {
		return made, fault.Wrap(err, op, string(id))
	}
	for _, k := range stored { // made before, for later: as good or bad as the one that is withdrawn
		if k.Active.After(active) {
			if err := b.parts.Keys.DeleteSigningKey(ctx, id, how.Use, k.ID); err != nil {
				return made, fault.Wrap(err, op, k.ID)
			}
			b.recordKey(ctx, id, "SigningKeyWithdrawn", "the next "+string(how.Use)+" signing key "+k.ID+" is withdrawn before its use")
		}
	}
	b.forgetRing(id, how.Use)
	return made, nil
}

func (b *Broker) forgetRing(id model.TenantID, use KeyUse) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.rings, ringName{id, use})
}

// nextKey makes and publishes a key.
func (b *Broker) nextKey(ctx context.Context, next SigningKey) (KeyStatus, error) {
	bits := 2048
	if next.Use == KeySAML {
		bits = 3072
	}
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return KeyStatus{}, fault.Wrap(err, "signin.nextKey", "")
	}
	next.ID, next.Created = uuid.NewString(), b.parts.Now()
	if err := b.storeKey(ctx, next, private); err != nil {
		return KeyStatus{}, err
	}
	b.forgetRing(next.Tenant, next.Use)
	why := "the next " + string(next.Use) + " signing key " + next.ID + " is published and in use from " + next.Active.UTC().Format(time.RFC3339)
	if next.Alone {
		why += "; the older ones are withdrawn then"
	}
	b.recordKey(ctx, next.Tenant, "SigningKeyPublished", why)
	all, err := b.KeyReport(ctx, next.Tenant)
	i := slices.IndexFunc(all.Keys, func(k KeyStatus) bool { return k.ID == next.ID })
	if err != nil || i < 0 {
		return KeyStatus{}, err
	}
	return all.Keys[i], nil
}

func (b *Broker) recordKey(ctx context.Context, id model.TenantID, what, why string) {
	a := &model.Activity{
		Tenant: id, Time: b.parts.Now(), Source: model.SourceAdmin, Type: model.ActivityAdmin, ActionType: what, Admin: true,
		User: model.User{ID: "referee", Name: "Referee"}, Reason: why, Objects: []model.Object{{Type: "signingKey"}},
	}
	if err := b.parts.Recorder.Event(ctx, a); err != nil {
		b.parts.Log.Error("key event not recorded", "tenant", id, "what", what, "err", err)
	}
}
