package signin

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/fault"
)

const (
	keysLife  = time.Hour        // a key that the provider takes back is believed no longer than this
	keysStale = 24 * time.Hour   // or this, while the provider can't be reached
	keysPause = 10 * time.Second // between readings that a token of an unknown key asks for
	keysTime  = 10 * time.Second
	maxKeySet = 256 << 10
	maxKeys   = 100
	minRSA    = 2048 // bits
)

// asymmetric are the algorithms that a provider's own tokens may be signed with. Neither "none" nor one with a shared
// secret is ever among them: a public key would be that secret (RFC 8725 section 3.1).
var asymmetric = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// pinned are those of them that a provider says it signs with; RS256 where it says nothing (OpenID Connect Discovery
// section 3).
func pinned(says []string) []jose.SignatureAlgorithm {
	var out []jose.SignatureAlgorithm
	for _, a := range asymmetric {
		if slices.Contains(says, string(a)) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return []jose.SignatureAlgorithm{jose.RS256}
	}
	return out
}

// keySource reads a provider's key set (RFC 7517 section 5) for messages that anybody may send us: a forged one
// makes us read it at most every few seconds. Safe for concurrent use.
type keySource struct {
	address string
	locate  func(context.Context) (string, error) // finds the address where it is "", each time anew
	client  *http.Client
	now     func() time.Time

	mu     sync.Mutex // held while reading: the others wait for that answer
	keys   []jose.JSONWebKey
	read   time.Time
	tried  time.Time
	failed error // of the last try
}

// find returns the keys that may have made a signature. No key is no error.
func (k *keySource) find(ctx context.Context, id string, alg jose.SignatureAlgorithm) ([]jose.JSONWebKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	fits := k.fitting(id, alg)
	if len(fits) > 0 && now.Sub(k.read) < keysLife {
		return fits, nil
	}
	if !k.tried.IsZero() && now.Sub(k.tried) < keysPause {
		if now.Sub(k.read) < keysStale && (len(fits) > 0 || k.failed == nil) {
			return fits, nil
		}
		// fail closed, and not for good: the key may be one that could not be read
		return nil, &fault.Error{Kind: fault.Unavailable, Op: "signin.keys", Msg: "the provider's keys could not be read a moment ago", Err: k.failed}
	}
	k.tried = now
	keys, err := k.fetch(ctx)
	k.failed = err
	switch {
	case err == nil:
		k.keys, k.read = keys, now
	case len(fits) == 0 || now.Sub(k.read) >= keysStale:
		return nil, err // fail closed: nothing is believed without a key
	}
	return k.fitting(id, alg), nil
}

func (k *keySource) fitting(id string, alg jose.SignatureAlgorithm) []jose.JSONWebKey {
	var out []jose.JSONWebKey
	for _, key := range k.keys {
		if (id == "" || key.KeyID == id) && (key.Use == "" || key.Use == "sig") && (key.Algorithm == "" || key.Algorithm == string(alg)) {
			out = append(out, key)
		}
	}
	return out
}

func (k *keySource) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	const op = "signin.keys"
	// Others wait for this answer: it does not end with the request that happened to ask for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysTime)
	defer cancel()
	address := k.address
	if address == "" && k.locate != nil {
		var err error
		if address, err = k.locate(ctx); err != nil {
			return nil, err
		}
	}
	text, err := fetchSmall(ctx, k.client, address)
	if err != nil {
		return nil, err
	}
	keys, err := readKeys(text)
	return keys, fault.As(err, fault.Unavailable, op, address)
}

// fetchSmall reads a document of at most maxKeySet bytes. Redirects are not followed.
func fetchSmall(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	const op = "signin.keys"
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, address)
	}
	res, err := noRedirects(client).Do(q)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, address)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fault.New(fault.Unavailable, op, "%s answered %s", address, res.Status)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet+1))
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, address)
	}
	if len(text) > maxKeySet {
		return nil, fault.New(fault.Unavailable, op, "%s answered more than %d bytes", address, maxKeySet)
	}
	return text, nil
}

// readKeys reads a key set and leaves out keys that can't be used: of kinds we don't know, private, symmetric or too
// short. One of them doesn't spoil the others.
func readKeys(text []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, err
	}
	var out []jose.JSONWebKey
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) != nil || !key.Valid() || !key.IsPublic() {
			continue
		}
		if public, ok := key.Key.(*rsa.PublicKey); ok && public.N.BitLen() < minRSA {
			continue
		}
		out = append(out, key)
	}
	return out, nil
}
