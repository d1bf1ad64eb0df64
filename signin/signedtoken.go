package signin

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejson "github.com/go-jose/go-jose/v4/json"

	"github.com/referee-casb/referee/fault"
)

// maxToken bounds a token that somebody sends us.
const maxToken = 32 << 10

// signedToken is a JWT that came unasked, such as a logout token: parsed, and not believed before verify. Keys and
// certificates that its header brings along are never looked at.
type signedToken struct {
	jws *jose.JSONWebSignature
	alg jose.SignatureAlgorithm
	key string // kid
	typ string // in lower case, without "application/" (RFC 7515 section 4.1.9)
}

// parseSigned reads a compact JWS whose algorithm is one of algs.
func parseSigned(raw string, algs []jose.SignatureAlgorithm) (signedToken, error) {
	const op = "signin.token"
	if raw == "" || len(raw) > maxToken || strings.Trim(raw, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || strings.Count(raw, ".") != 2 {
		return signedToken{}, fault.New(fault.Denied, op, "it is no signed token of at most %d characters", maxToken)
	}
	jws, err := jose.ParseSignedCompact(raw, algs)
	if err != nil {
		return signedToken{}, fault.New(fault.Denied, op, "it is no token signed with one of %v: %s", algs, err)
	}
	h := jws.Signatures[0].Protected
	typ, _ := h.ExtraHeaders[jose.HeaderType].(string)
	return signedToken{jws, jose.SignatureAlgorithm(h.Algorithm), h.KeyID, strings.TrimPrefix(strings.ToLower(typ), "application/")}, nil
}

// verify checks the signature and returns the claims. An error of kind Denied says what is wrong with the token.
func (s signedToken) verify(ctx context.Context, keys *keySource) (map[string]any, error) {
	const op = "signin.token"
	candidates, err := keys.find(ctx, s.key, s.alg)
	if err != nil {
		return nil, err
	}
	if len(candidates) == 0 {
		return nil, fault.New(fault.Denied, op, "no published key has id %.100q and fits %s", s.key, s.alg)
	}
	for _, key := range candidates {
		if payload, err := s.jws.Verify(key.Key); err == nil {
			return readClaims(payload)
		}
	}
	return nil, fault.New(fault.Denied, op, "its signature does not verify with the published keys")
}

// readClaims reads a token's payload. This decoder tells names apart by case and refuses an object that has a name
// twice, of which others might read the other value.
func readClaims(payload []byte) (map[string]any, error) {
	var claims map[string]any
	if err := josejson.Unmarshal(payload, &claims); err != nil {
		return nil, fault.New(fault.Denied, "signin.token", "its claims can't be read: %s", err)
	}
	if claims == nil {
		return nil, fault.New(fault.Denied, "signin.token", "it has no claims")
	}
	return claims, nil
}

// textClaim reads a string; "" where it is absent, an error where it is something else or longer than most.
func textClaim(claims map[string]any, name string, most int) (string, error) {
	v, there := claims[name]
	if !there {
		return "", nil
	}
	s, ok := v.(string)
	if !ok || s == "" || len(s) > most {
		return "", fault.New(fault.Denied, "signin.token", "claim %s is no text of 1 to %d characters", name, most)
	}
	return s, nil
}

// timeClaim reads a NumericDate (RFC 7519 section 2).
func timeClaim(claims map[string]any, name string) (time.Time, bool, error) {
	v, there := claims[name]
	if !there {
		return time.Time{}, false, nil
	}
	n, ok := v.(float64)
	if !ok || math.IsNaN(n) || n < 0 || n > 1<<40 {
		return time.Time{}, false, fault.New(fault.Denied, "signin.token", "claim %s is no time", name)
	}
	return time.Unix(int64(n), 0), true, nil
}

// issuedAt checks the times of a token: iat is there, not in the future and not older than most, and exp, where there
// is one, is not over. Clocks may differ by clockSkew.
func issuedAt(claims map[string]any, now time.Time, most time.Duration) (time.Time, error) {
	const op = "signin.token"
	issued, there, err := timeClaim(claims, "iat")
	switch {
	case err != nil:
		return issued, err
	case !there:
		return issued, fault.New(fault.Denied, op, "it does not say when it was issued (iat)")
	case issued.After(now.Add(clockSkew)):
		return issued, fault.New(fault.Denied, op, "it was issued in the future, at %s", issued.UTC().Format(time.RFC3339))
	case issued.Before(now.Add(-most - clockSkew)):
		return issued, fault.New(fault.Denied, op, "it was issued at %s, more than %s ago", issued.UTC().Format(time.RFC3339), most)
	}
	expires, there, err := timeClaim(claims, "exp")
	if err != nil {
		return issued, err
	}
	if there && !now.Before(expires.Add(clockSkew)) {
		return issued, fault.New(fault.Denied, op, "it has expired at %s", expires.UTC().Format(time.RFC3339))
	}
	if before, there, err := timeClaim(claims, "nbf"); err != nil {
		return issued, err
	} else if there && before.After(now.Add(clockSkew)) {
		return issued, fault.New(fault.Denied, op, "it is not valid before %s", before.UTC().Format(time.RFC3339))
	}
	return issued, nil
}

// audiences reads aud, a text or a list of texts.
func audiences(claims map[string]any) ([]string, error) {
	wrong := fault.New(fault.Denied, "signin.token", "claim aud is neither a text nor a list of texts")
	switch v := claims["aud"].(type) {
	case string:
		return []string{v}, nil
	case []any:
		all := stringsOf(v)
		if len(all) != len(v) || len(all) == 0 {
			return nil, wrong
		}
		return slices.Clone(all), nil
	}
	return nil, wrong
}
