package signin

import (
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
)

var fuzzNow = time.Unix(1_800_000_000, 0)

// FuzzSignedToken: whatever comes, reading it gives a refusal or a token with an algorithm of the list.
func FuzzSignedToken(f *testing.F) {
	for _, seed := range []string{
		"", "..", "e30.e30.", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJSUzI1NiJ9.e30.AA", "eyJhbGciOiJIUzI1NiIsInR5cCI6ImxvZ291dCtqd3QifQ.e30.AA",
		"eyJhbGciOiJSUzI1NiIsInR5cCI6MX0.e30.AA", "eyJhbGciOiJSUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9.e30.AA",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		s, err := parseSigned(raw, pinned([]string{"RS256", "none", "HS256"}))
		if err != nil {
			if !fault.Is(err, fault.Denied) {
				t.Fatalf("%v is no refusal", err)
			}
			return
		}
		if s.alg != "RS256" || len(raw) > maxToken {
			t.Fatalf("accepted %q of %d characters", s.alg, len(raw))
		}
	})
}

// FuzzLogoutToken: claims that pass are a logout of this issuer for this client, with a time, an id and somebody.
func FuzzLogoutToken(f *testing.F) {
	f.Add("logout+jwt", []byte(`{"iss":"https://idp","aud":"c","iat":1800000000,"exp":1800000100,"jti":"j","sub":"s","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`))
	f.Add("", []byte(`{"iss":"https://idp","aud":["c"],"iat":1.8e9,"exp":1e300,"jti":"j","sid":"s","nonce":null,"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`))
	f.Add("jwt", []byte(`{"sub":"a","sub":"b"}`))
	f.Add("jwt", []byte(`null`))
	f.Fuzz(func(t *testing.T, typ string, payload []byte) {
		claims, err := readClaims(payload)
		if err == nil {
			var l providerToken
			if l, err = readLogout(typ, claims, "https://idp", "c", fuzzNow); err == nil {
				_, nonce := claims["nonce"]
				if age := fuzzNow.Sub(l.issued); l.id == "" || l.subject == "" && l.session == "" || claims["iss"] != "https://idp" || nonce || age > logoutAge+clockSkew || age < -clockSkew {
					t.Fatalf("accepted %s as %+v", payload, l)
				}
				return
			}
		}
		if !fault.Is(err, fault.Denied) {
			t.Fatalf("%v is no refusal", err)
		}
	})
}

func TestReadKeys(t *testing.T) {
	t.Parallel()
	const ec = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"1"`
	for name, c := range map[string]struct {
		text string
		want int
		bad  bool
	}{
		"one":         {`{"keys":[` + ec + `}]}`, 1, false},
		"private":     {`{"keys":[` + ec + `,"d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}]}`, 0, false},
		"symmetric":   {`{"keys":[{"kty":"oct","k":"AAAA"}]}`, 0, false},
		"short RSA":   {`{"keys":[{"kty":"RSA","n":"wQ","e":"AQAB"}]}`, 0, false},
		"new kind":    {`{"keys":[{"kty":"ML-DSA"},` + ec + `}]}`, 1, false},
		"none":        {`{"keys":[]}`, 0, false},
		"no document": {`<html>`, 0, true},
		"keys missed": {`{}`, 0, false},
	} {
		keys, err := readKeys([]byte(c.text))
		if len(keys) != c.want || (err != nil) != c.bad {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
	}
}

// FuzzSet: claims that pass are one event of this issuer for this audience, with a time and an id, and with somebody
// where sessions end.
func FuzzSet(f *testing.F) {
	const head = `{"iss":"https://idp","aud":"a","iat":1800000000,"jti":"j","events":{"` + eventSessionRevoked + `":{}},"sub_id":`
	for _, seed := range []string{
		head + `{"format":"iss_sub","iss":"https://idp","sub":"s"}}`, head + `{"format":"email","email":"a@b"}}`, head + `{"format":"opaque","id":"x"}}`,
		head + `{"format":"complex","user":{"format":"opaque","id":"x"},"session":{"format":"opaque","id":"y"}}}`, head + `null}`, `{"events":{"a":1}}`,
	} {
		f.Add("secevent+jwt", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, typ string, payload []byte) {
		claims, err := readClaims(payload)
		if err == nil {
			var s signal
			if s, err = readSet(typ, claims, "https://idp", "a", []string{"https://idp"}, fuzzNow); err == nil {
				if typ != "secevent+jwt" || s.id == "" || s.event == "" || claims["iss"] != "https://idp" || s.ends() && s.subject == (signalSubject{}) {
					t.Fatalf("accepted %s as %+v", payload, s)
				}
				return
			}
		}
		if !fault.Is(err, fault.Denied) {
			t.Fatalf("%v is no refusal", err)
		}
	})
}
