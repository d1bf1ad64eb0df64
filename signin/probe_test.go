package signin

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/tenant"
)

// probed is a provider that answers as a row says.
func probed(t *testing.T, change func(issuer string, doc map[string]any), keys string, hits *atomic.Int64) *httptest.Server {
	t.Helper()
	m := http.NewServeMux()
	s := httptest.NewTLSServer(m)
	t.Cleanup(s.Close)
	m.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		doc := map[string]any{
			"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys",
			"response_types_supported": []string{"code"}, "id_token_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"},
			"scopes_supported": []string{"openid", "profile", "email"},
		}
		change(s.URL, doc)
		if to, ok := doc["redirect"].(string); ok {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
			return
		}
		if big, ok := doc["big"].(int); ok {
			_, _ = w.Write(make([]byte, big))
			return
		}
		_ = json.NewEncoder(w).Encode(doc)
	})
	m.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { hits.Add(1); _, _ = w.Write([]byte(keys)) })
	m.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { hits.Add(1000) })
	return s
}

func TestProbeOpenID(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Use: "sig", Algorithm: "RS256"}}})
	if err != nil {
		t.Fatal(err)
	}
	good, set := string(text), func(name string, value any) func(string, map[string]any) {
		return func(_ string, doc map[string]any) { doc[name] = value }
	}
	for name, row := range map[string]struct {
		change func(string, map[string]any)
		keys   string
		want   string // "state name: part of the detail"
	}{
		"good": {func(string, map[string]any) {}, good, "good keys: 1 keys"},
		"nothing optional": {func(_ string, d map[string]any) {
			maps.DeleteFunc(d, func(k string, _ any) bool { return strings.HasSuffix(k, "supported") })
		}, good, "good keys: 1 keys"},
		"another issuer":    {set("issuer", "https://evil.example"), good, `wrong issuer: the provider calls itself "https://evil.example"`},
		"plain endpoint":    {set("token_endpoint", "http://login.example/token"), good, "wrong endpoints: token_endpoint"},
		"no keys address":   {set("jwks_uri", ""), good, "wrong endpoints: jwks_uri"},
		"implicit only":     {set("response_types_supported", []string{"id_token"}), good, "wrong flow: the provider does not offer"},
		"PKCE plain":        {set("code_challenge_methods_supported", []string{"plain"}), good, "wrong flow: the provider offers PKCE, and not"},
		"shared secrets":    {set("id_token_signing_alg_values_supported", []string{"HS256", "none"}), good, "wrong signatures"},
		"scope not listed":  {set("scopes_supported", []string{"openid"}), good, "warning scopes: the provider does not list profile, email"},
		"redirect":          {func(at string, d map[string]any) { d["redirect"] = at + "/elsewhere" }, good, "wrong discovery: https"},
		"endless":           {set("big", maxProbe+2), good, fmt.Sprintf("answers with more than %d bytes", maxProbe)},
		"no JSON":           {set("big", 10), good, "does not answer with the JSON document"},
		"no key":            {func(string, map[string]any) {}, `{"keys":[]}`, "wrong keys"},
		"a shared key":      {func(string, map[string]any) {}, `{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`, "wrong keys"},
		"unknown key types": {func(string, map[string]any) {}, `{"keys":[{"kty":"future"},` + strings.TrimPrefix(good, `{"keys":[`), "good keys: 1 keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hits atomic.Int64
			s := probed(t, row.change, row.keys, &hits)
			b := &Broker{parts: Parts{HTTP: s.Client(), Now: time.Now}}
			got := tell(t, b, tenant.Provider{ID: "company", Issuer: s.URL, ClientID: "referee"}, true)
			if !strings.Contains(got, row.want) {
				t.Errorf("says %s, want %s", got, row.want)
			}
			if strings.HasPrefix(row.want, "good") && strings.Contains(got, "wrong") {
				t.Errorf("finds fault: %s", got)
			}
			if hits.Load() >= 1000 {
				t.Error("followed a redirect")
			}
		})
	}
}

// tell runs a test and writes its checks down, a line each.
func tell(t *testing.T, b *Broker, p tenant.Provider, private bool) string {
	t.Helper()
	checks, err := b.ProbeProvider(t.Context(), "contoso", p, ProbeOptions{Private: private})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, c := range checks {
		if c.State != "good" && c.Help == "" {
			t.Errorf("no help: %+v", c)
		}
		fmt.Fprintf(&out, "%s %s: %s\n", c.State, c.Name, c.Detail)
	}
	return out.String()
}

// TestProbeStaysOutside: a tenant's test does not connect to addresses inside, whatever leads there, and can't tell an
// open port from a closed one.
func TestProbeStaysOutside(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	s := probed(t, func(string, map[string]any) {}, "", &hits)
	b := &Broker{parts: Parts{HTTP: s.Client(), Now: time.Now}}
	closed := httptest.NewTLSServer(nil)
	closed.Close()
	detail := func(issuer string) string {
		got := tell(t, b, tenant.Provider{ID: "company", Issuer: issuer, ClientID: "x"}, false)
		return strings.ReplaceAll(got, issuer, "X")
	}
	open := detail(s.URL)
	for _, at := range []string{closed.URL, "https://169.254.169.254", "https://[::1]:1", "https://10.0.0.1", "https://no-such-name.invalid"} {
		if got := detail(at); got != open {
			t.Errorf("%s is told apart:\n%s\n%s", at, got, open)
		}
	}
	if hits.Load() != 0 || !strings.Contains(open, "not on the internet") {
		t.Errorf("%d requests, %s", hits.Load(), open)
	}
	if got := tell(t, b, tenant.Provider{ID: "company", Issuer: closed.URL, ClientID: "x"}, true); !strings.Contains(got, "no connection") {
		t.Errorf("the installation is told %s", got)
	}
	stranger := &Broker{parts: Parts{HTTP: &http.Client{}, Now: time.Now}}
	if got := tell(t, stranger, tenant.Provider{ID: "company", Issuer: s.URL, ClientID: "x"}, true); !strings.Contains(got, "does not trust") {
		t.Errorf("of a strange certificate: %s", got)
	}
}

func TestProbeSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"good": "correct-horse\n", "empty": "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := &Broker{parts: Parts{HTTP: &http.Client{}, Now: time.Now, Secrets: func(file string) (string, error) {
		text, err := os.ReadFile(file) //nolint:gosec // the test's
		return string(text), err
	}}}
	for file, want := range map[string]string{"good": "good secret", "empty": "wrong secret: the file of", "none": "wrong secret: the client secret can't be read"} {
		p := tenant.Provider{ID: "company", Issuer: "https://127.0.0.1:1", ClientID: "x", SecretFile: filepath.Join(dir, file)}
		if got := tell(t, b, p, false); !strings.Contains(got, want) || strings.Contains(got, "correct-horse") || strings.Contains(got, dir) {
			t.Errorf("%s: %s", file, got)
		}
	}
}

func TestSettingsFromMetadata(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "a page": "<html><body>Sign in</body></html>", "an app": `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://app.example"><SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://app.example/acs" index="0"/></SPSSODescriptor></EntityDescriptor>`,
		"no key": `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/></EntityDescriptor>`,
	} {
		_, err := SettingsFromMetadata([]byte(text), "", time.Now())
		var said *fault.Error
		if !fault.Is(err, fault.Invalid) || !errors.As(err, &said) || said.Msg == "" || said.Help == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzSettingsFromMetadata: what is taken can be stored.
func FuzzSettingsFromMetadata(f *testing.F) {
	f.Add([]byte(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example"/>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := SettingsFromMetadata(text, "", time.Unix(1795442400, 0))
		if err != nil {
			return
		}
		v := tenant.Tenant{ID: "contoso", Name: "Contoso", Providers: []tenant.Provider{{ID: "a", Kind: tenant.KindSAML, SAML: &got}}}
		if _, err := got.Keys(); err != nil || got.SSO == "" {
			t.Fatalf("%+v: %v", got, err)
		}
		_ = v.Validate() // tells every mistake, and never panics
	})
}
