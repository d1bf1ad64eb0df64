package signin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"

	"github.com/go-jose/go-jose/v4"
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

// firstRecord is what was kept before keys rolled: the tenant's secret together with its only signing key.
type firstRecord struct {
	ID     string `json:"id"`
	PKCS8  []byte `json:"pkcs8"`
	Crypto []byte `json:"crypto"`
}

// keptSecret is the tenant's secret, which seals access tokens and makes pairwise names.
type keptSecret struct {
	Crypto []byte `json:"crypto"`
}

// The ids of both.
const (
	firstRecordID = "current"
	keptSecretID  = "secret"
)

// secret returns the tenant's secret, making it at first use or taking over the one that was kept with a key.
func (s *storage) secret(ctx context.Context) ([]byte, error) {
	const op = "signin.secret"
	var kept keptSecret
	err := s.broker.flows.get(ctx, s.tenant, FlowKey, keptSecretID, &kept)
	if fault.Is(err, fault.NotFound) {
		var old firstRecord
		switch err = s.broker.flows.get(ctx, s.tenant, FlowKey, firstRecordID, &old); {
		case err == nil:
			kept.Crypto = old.Crypto
		case fault.Is(err, fault.NotFound):
			kept.Crypto = make([]byte, 32)
			_, err = rand.Read(kept.Crypto)
		}
		if err == nil {
			err = s.broker.flows.put(ctx, s.tenant, FlowKey, keptSecretID, kept, 0)
		}
		if fault.Is(err, fault.Conflict) { // another process was first: its secret counts
			err = s.broker.flows.get(ctx, s.tenant, FlowKey, keptSecretID, &kept)
		}
	}
	if err == nil && len(kept.Crypto) != 32 {
		err = fault.New(fault.Internal, op, "the stored secret is not one")
	}
	return kept.Crypto, fault.Wrap(err, op, string(s.tenant))
}

// dropFirstRecord removes the record that held secret and key together, once both are kept elsewhere: a key that is
// withdrawn must be nowhere.
func (s *storage) dropFirstRecord(ctx context.Context) error {
	var old firstRecord
	err := s.broker.flows.get(ctx, s.tenant, FlowKey, firstRecordID, &old)
	if err == nil {
		if _, err = s.secret(ctx); err == nil {
			err = s.broker.flows.take(ctx, s.tenant, FlowKey, firstRecordID, &old)
		}
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return fault.Wrap(err, "signin.dropFirstRecord", string(s.tenant))
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
