package device

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/model"
)

// ClaimSettings say what a provider's claims prove.
type ClaimSettings struct {
	Provider model.ProviderID
	Claims   []model.DeviceClaim
	Lease    time.Duration // 0: [DefaultLease]
	Issued   time.Time     // when the provider signed; zero: the claim iat (RFC 7519 section 4.1.6), else now
}

// Bounds of what is taken from a claim.
const (
	maxClaimValues = 32
	maxClaimLength = 500
)

// FromClaims reads proofs out of the claims of one sign-in, whose signature, issuer, audience and freshness the
// caller has verified. A SAML attribute is a list of strings. The age of a proof counts from when the provider
// signed, so a lease that has run out since proves nothing, and none begins in the future.
//
// Claims that are there but have no accepted value prove an unmanaged device; claims that are absent, or of a
// shape that can't be read, prove nothing, and the device stays unknown.
func FromClaims(set ClaimSettings, claims map[string]any, now time.Time) []model.Proof {
	at := set.Issued
	if iat, ok := number(claims["iat"]); at.IsZero() && ok {
		at = time.Unix(iat, 0)
	}
	if at.IsZero() || at.After(now) {
		at = now
	}
	var proofs []model.Proof
	var refused []string
	facts := &model.DeviceFacts{}
	for _, c := range set.Claims {
		values, ok := claimValues(claims[c.Claim])
		if !ok {
			continue
		}
		if c.Attribute != "" {
			facts.Set(c.Attribute, attributeValues(c.Attribute, values)...)
		}
		if c.Tag == "" {
			continue
		}
		evidence := fmt.Sprintf("%s=%s, signed by provider %s at %s", c.Claim, strings.Join(values, " "), set.Provider, at.UTC().Format(time.RFC3339))
		if slices.ContainsFunc(values, func(v string) bool { return accepts(c.Values, v) }) {
			proofs = append(proofs, Issue(c.Tag, KindClaim, evidence, at, set.Lease))
		} else {
			refused = append(refused, evidence)
		}
	}
	if len(proofs) == 0 && len(refused) > 0 {
		proofs = append(proofs, Issue(model.TagUnmanaged, KindClaim, strings.Join(refused, "; "), at, set.Lease))
	}
	if facts.Any() && len(proofs) > 0 {
		proofs[0].Facts = facts
	} else if facts.Any() {
		proofs = append(proofs, model.Proof{Kind: KindClaim, Evidence: "attributes signed by provider " + string(set.Provider), At: at, Expires: expiry(at, set.Lease), Facts: facts})
	}
	return slices.DeleteFunc(proofs, func(p model.Proof) bool { return !live(p, now) })
}

// accepts compares a claim's value with the accepted ones, "true" when none are named.
func accepts(accepted []string, value string) bool {
	if len(accepted) == 0 {
		return strings.EqualFold(value, "true")
	}
	return slices.ContainsFunc(accepted, func(a string) bool { return strings.EqualFold(a, value) })
}

// claimValues reads a claim as texts. A claim of another shape, or beyond the bounds, says nothing.
func claimValues(v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, len(v) <= maxClaimLength
	case bool:
		return []string{strconv.FormatBool(v)}, true
	case float64, json.Number:
		n, ok := number(v)
		return []string{strconv.FormatInt(n, 10)}, ok
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return claimValues(out)
	case []any:
		if len(v) > maxClaimValues {
			return nil, false
		}
		var out []string
		for _, e := range v {
			one, ok := claimValues(e)
			if _, list := e.([]any); !ok || list || len(one) != 1 {
				return nil, false
			}
			out = append(out, one[0])
		}
		return out, len(out) > 0
	}
	return nil, false
}

// number reads a whole number of JSON.
func number(v any) (int64, bool) {
	switch v := v.(type) {
	case float64:
		n := int64(v)
		return n, float64(n) == v
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	}
	return 0, false
}

// attributeValues fits a claim's values to the attribute: device ids are compared in lower case.
func attributeValues(name string, values []string) []string {
	out := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	if strings.EqualFold(name, "deviceId") {
		for i := range out {
			out[i] = strings.ToLower(out[i])
		}
	}
	return out
}
