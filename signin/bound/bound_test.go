package bound_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/signin/bound"
)

// token signs claims as a browser does; embed puts the public key into its head.
func token(t testing.TB, key any, alg jose.SignatureAlgorithm, typ, claims string, embed bool) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{EmbedJWK: embed}).WithType(jose.ContentType(typ)))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestRegister(t *testing.T) {
	t.Parallel()
	key, other := newKey(t, elliptic.P256()), newKey(t, elliptic.P256())
	good := token(t, key, jose.ES256, "dbsc+jwt", `{"jti":"c-1","aud":"https://signin.example/bind"}`, true)
	got, claims, err := bound.Register(good)
	if err != nil || claims.Challenge != "c-1" || claims.Audience != "https://signin.example/bind" || len(got.Thumbprint()) != 43 {
		t.Fatalf("%+v %+v %v", got, claims, err)
	}
	if _, _, err := bound.Register(`"` + good + `"`); err != nil {
		t.Errorf("as a structured field: %v", err)
	}
	if again, err := got.Verify(token(t, key, jose.ES256, "dbsc+jwt", `{"jti":"c-2"}`, false)); err != nil || again.Challenge != "c-2" {
		t.Errorf("%+v %v", again, err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"dbsc+jwt"}`)) + "." + parts[1] + "."
	swapped := strings.Split(token(t, other, jose.ES256, "dbsc+jwt", `{"jti":"c-1"}`, true), ".")[0] + "." + parts[1] + "." + parts[2]
	for name, raw := range map[string]string{
		"nothing": "", "three dots": "a.b.c.d", "alg none": none, "no key": token(t, key, jose.ES256, "dbsc+jwt", `{"jti":"c"}`, false),
		"another type": token(t, key, jose.ES256, "JWT", `{"jti":"c"}`, true), "RSA": token(t, weak, jose.RS256, "dbsc+jwt", `{"jti":"c"}`, true),
		"another curve": token(t, newKey(t, elliptic.P384()), jose.ES384, "dbsc+jwt", `{"jti":"c"}`, true), "another's key in its head": swapped,
		"another signature": parts[0] + "." + parts[1] + "." + strings.Repeat("A", 86), "changed claims": parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"jti":"c-9"}`)) + "." + parts[2],
		"no challenge": token(t, key, jose.ES256, "dbsc+jwt", `{}`, true), "a challenge twice": token(t, key, jose.ES256, "dbsc+jwt", `{"jti":"a","jti":"b"}`, true),
		"no object": token(t, key, jose.ES256, "dbsc+jwt", `[]`, true), "too long": good + strings.Repeat("A", 9000),
	} {
		if k, c, err := bound.Register(raw); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %+v %+v %v", name, k, c, err)
		}
	}
	for name, raw := range map[string]string{
		"another key":                   token(t, other, jose.ES256, "dbsc+jwt", `{"jti":"c"}`, false),
		"another key that it brings":    token(t, other, jose.ES256, "dbsc+jwt", `{"jti":"c"}`, true),
		"another type":                  token(t, key, jose.ES256, "JWT", `{"jti":"c"}`, false),
		"the registration's, cut short": good[:len(good)-4],
	} {
		if c, err := got.Verify(raw); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %+v %v", name, c, err)
		}
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	doc, err := bound.Instructions{ID: "s1", Refresh: "/t/bind/refresh", Origin: "https://signin.example", Cookie: "__Host-b", Attributes: "Path=/; Secure", Initiators: []string{"*"}}.JSON()
	want := `{"allowed_refresh_initiators":["*"],"credentials":[{"attributes":"Path=/; Secure","name":"__Host-b","type":"cookie"}],"refresh_url":"/t/bind/refresh","scope":{"include_site":false,"origin":"https://signin.example","scope_specification":[]},"session_identifier":"s1"}`
	if err != nil || string(doc) != want {
		t.Errorf("%s %v", doc, err)
	}
	if end, err := bound.End("s1"); err != nil || string(end) != `{"continue":false,"session_identifier":"s1"}` {
		t.Errorf("%s %v", end, err)
	}
	if got := bound.Registration("/t/bind", "abc"); got != `(ES256);path="/t/bind";challenge="abc"` {
		t.Error(got)
	}
	if got := bound.Challenge("abc", "s1"); got != `"abc";id="s1"` {
		t.Error(got)
	}
}

// FuzzRegister: whatever a client sends, a key comes out only with its own signature.
func FuzzRegister(f *testing.F) {
	key := newKey(f, elliptic.P256())
	f.Add(token(f, key, jose.ES256, "dbsc+jwt", `{"jti":"c-1"}`, true))
	f.Add("eyJhbGciOiJFUzI1NiIsInR5cCI6ImRic2Mrand0In0.eyJqdGkiOiJhIn0.AAAA")
	f.Fuzz(func(t *testing.T, raw string) {
		k, claims, err := bound.Register(raw)
		if err != nil {
			if !fault.Is(err, fault.Denied) {
				t.Errorf("%v", err)
			}
			return
		}
		if again, err := k.Verify(raw); err != nil || again != claims {
			t.Errorf("%+v %+v %v", claims, again, err)
		}
	})
}
