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

// signingKey is a key for ID tokens.
type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k signingKey) Key() any                                    { return k.key }

// publicKey is the verifying half, as the key set endpoint publishes it.
type publicKey struct{ signingKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.key.PublicKey }

// keptKey is the tenant's secret that seals access tokens. It was kept with the first signing key, before keys rolled.
type keptKey struct {
	ID     string `json:"id"`
	PKCS8  []byte `json:"pkcs8"`
	Crypto []byte `json:"crypto"`
}

// keptKey returns the tenant's secret, making it at first use.
func (s *storage) keptKey(ctx context.Context) (keptKey, error) {
	const op = "signin.keptKey"
	var kept keptKey
	err := s.broker.flows.get(ctx, s.tenant, FlowKey, "current", &kept)
	if fault.Is(err, fault.NotFound) {
		if kept, err = newKey(); err != nil {
			return kept, err
		}
		err = s.broker.flows.put(ctx, s.tenant, FlowKey, "current", kept, 0)
		if fault.Is(err, fault.Conflict) { // another process was first: its key counts
			err = s.broker.flows.get(ctx, s.tenant, FlowKey, "current", &kept)
		}
	}
	if err == nil && len(kept.Crypto) != 32 {
		err = fault.New(fault.Internal, op, "the stored secret is not one")
	}
	return kept, fault.Wrap(err, op, string(s.tenant))
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

// SigningKey returns the key that ID tokens are signed with: RS256, because every relying party has it (OpenID Connect
// Core section 15.1).
func (s *storage) SigningKey(ctx context.Context) (op.SigningKey, error) {
	key, err := s.broker.signer(ctx, s.tenant, KeyOpenID)
	if err != nil {
		return nil, err
	}
	return signingKey{key.ID, key.private}, nil
}

// SignatureAlgorithms names the one algorithm in use.
func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

// KeySet publishes the verifying keys: the one in use, the next one, and those that signed what is still about.
func (s *storage) KeySet(ctx context.Context) ([]op.Key, error) {
	keys, err := s.broker.publishedKeys(ctx, s.tenant, KeyOpenID)
	if err != nil {
		return nil, err
	}
	out := make([]op.Key, len(keys))
	for i, k := range keys {
		out[i] = publicKey{signingKey{k.ID, k.private}}
	}
	return out, nil
}
