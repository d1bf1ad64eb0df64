package signin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/referee-casb/referee/fault"
)

// signingKey is a tenant's key for ID tokens, with the secret that seals access tokens.
type signingKey struct {
	id     string
	key    *rsa.PrivateKey
	crypto [32]byte
}

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k signingKey) Key() any                                    { return k.key }

// publicKey is the verifying half, as the key set endpoint publishes it.
type publicKey struct{ signingKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.key.PublicKey }

// keptKey is how a signing key is stored, sealed.
type keptKey struct {
	ID     string `json:"id"`
	PKCS8  []byte `json:"pkcs8"`
	Crypto []byte `json:"crypto"`
}

// signingKey returns the tenant's key, making it at first use. RS256 because every relying party has it
// (OpenID Connect Core section 15.1).
func (s *storage) signingKey(ctx context.Context) (signingKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key.key != nil {
		return s.key, nil
	}
	var kept keptKey
	err := s.broker.flows.get(ctx, s.tenant, FlowKey, "current", &kept)
	if fault.Is(err, fault.NotFound) {
		if kept, err = newKey(); err != nil {
			return signingKey{}, err
		}
		err = s.broker.flows.put(ctx, s.tenant, FlowKey, "current", kept, 0)
		if fault.Is(err, fault.Conflict) { // another process was first: its key counts
			err = s.broker.flows.get(ctx, s.tenant, FlowKey, "current", &kept)
		}
	}
	if err != nil {
		return signingKey{}, fault.Wrap(err, "signin.signingKey", string(s.tenant))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(kept.PKCS8)
	if err != nil {
		return signingKey{}, fault.Wrap(err, "signin.signingKey", string(s.tenant))
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok || len(kept.Crypto) != 32 {
		return signingKey{}, fault.New(fault.Internal, "signin.signingKey", "the stored key is not an RSA key with its secret")
	}
	s.key = signingKey{id: kept.ID, key: key, crypto: [32]byte(kept.Crypto)}
	return s.key, nil
}

func newKey() (keptKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return keptKey{}, fault.Wrap(err, "signin.newKey", "")
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return keptKey{}, fault.Wrap(err, "signin.newKey", "")
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return keptKey{}, fault.Wrap(err, "signin.newKey", "")
	}
	return keptKey{ID: uuid.NewString(), PKCS8: der, Crypto: secret}, nil
}

// SigningKey returns the key that ID tokens are signed with.
func (s *storage) SigningKey(ctx context.Context) (op.SigningKey, error) { return s.signingKey(ctx) }

// SignatureAlgorithms names the one algorithm in use.
func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

// KeySet publishes the verifying keys.
func (s *storage) KeySet(ctx context.Context) ([]op.Key, error) {
	key, err := s.signingKey(ctx)
	if err != nil {
		return nil, err
	}
	return []op.Key{publicKey{key}}, nil
}
