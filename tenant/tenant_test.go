package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/referee-casb/referee/enrich"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

func contoso() Tenant {
	return Tenant{
		ID: "contoso", Name: "Contoso", Domains: []string{"contoso.example"},
		Locations: []enrich.Location{{Name: "Office", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}},
		Providers: []Provider{{ID: "entra", Issuer: "https://login.example/contoso", ClientID: "referee"}},
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	in := contoso()
	got := in.WithDefaults()
	if got.Session.Absolute.D() != 12*time.Hour || got.Session.Idle.D() != time.Hour || got.Device.Lease.D() != 15*time.Minute || got.Default != Block ||
		!got.Device.UnknownAsUnmanaged() || got.Brand.Name != "Contoso" || got.Providers[0].GroupsClaim != "groups" || got.Providers[0].Name != "entra" {
		t.Errorf("%+v", got)
	}
	if in.Providers[0].GroupsClaim != "" {
		t.Error("the original was changed")
	}
	if got.Validate() != nil {
		t.Error(got.Validate())
	}
}

func TestValidateListsEveryMistake(t *testing.T) {
	t.Parallel()
	good := contoso()
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	bad := Tenant{
		ID: "Contoso", Name: " ", Domains: []string{"contoso", "a.example", "a.example"}, Default: "maybe",
		Brand: Brand{Color: "blue", HelpURL: "http://x"}, Notice: Notice{Text: strings.Repeat("x", maxText+1)},
		Session: Lifetimes{Absolute: Duration(time.Second), Idle: Duration(13 * time.Hour)}, Device: Device{CAs: []string{"nothing"}, Lease: Duration(48 * time.Hour), Unknown: "fine"},
		Ranges: []enrich.Range{{Name: "Office", Category: "Nice", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}},
		Providers: []Provider{
			{ID: "Entra", Issuer: "http://x", Scopes: []string{"a b"}},
			{ID: "entra", Issuer: "https://x/?a=b", ClientID: "c"},
			{ID: "entra", Issuer: "https://x", ClientID: "c"},
		},
	}
	err := bad.Validate()
	var found filter.Mistakes
	if !errors.As(err, &found) || !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
	var paths []string
	for _, m := range found {
		paths = append(paths, m.Path)
	}
	want := []string{
		"id", "name", "domains[0]", "domains[2]", "default", "brand.color", "brand.helpUrl", "notice.text", "session.absolute", "session.idle",
		"device.lease", "device.unknown", "ranges", "providers[0].id", "providers[0].issuer", "providers[0].clientId", "providers[0].scopes[0]",
		"providers[1].issuer", "providers[2].id", "device.cas[0]",
	}
	if !slices.Equal(paths, want) {
		t.Errorf("got  %v\nwant %v\n%v", paths, want, err)
	}
}

func TestDocumentForms(t *testing.T) {
	t.Parallel()
	const text = "id: contoso\nname: Contoso\nsession:\n  absolute: 8h\n  idle: 30m\ndevice:\n  lease: 90s\n"
	var y Tenant
	if err := yaml.Unmarshal([]byte(text), &y); err != nil {
		t.Fatal(err)
	}
	if y.Session.Absolute.D() != 8*time.Hour || y.Device.Lease.D() != 90*time.Second {
		t.Errorf("from YAML: %+v", y)
	}
	raw, err := json.Marshal(y)
	if err != nil || !strings.Contains(string(raw), `"absolute":"8h0m0s"`) || strings.Contains(string(raw), "notice") {
		t.Errorf("JSON: %s, %v", raw, err)
	}
	var j Tenant
	if err := json.Unmarshal(raw, &j); err != nil || j.Session != y.Session {
		t.Errorf("from JSON: %+v, %v", j, err)
	}
	if err := json.Unmarshal([]byte(`{"session":{"idle":"soon"}}`), &j); !fault.Is(err, fault.Invalid) {
		t.Errorf("bad duration: %v", err)
	}
}

// fixed is a Store's reading side in memory.
type fixed struct {
	Store
	list []Tenant
	err  error
}

func (f *fixed) Tenants(context.Context) ([]Tenant, error) { return f.list, f.err }

func TestDirectory(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), NewDirectory()
	if _, ok := d.Get("contoso"); ok || len(d.All()) != 0 {
		t.Fatal("an empty directory holds something")
	}
	fabrikam := contoso()
	fabrikam.ID, fabrikam.Domains = "fabrikam", []string{"fabrikam.example", "contoso.example"}
	s := &fixed{list: []Tenant{contoso(), fabrikam}}
	if err := d.Reload(ctx, s); err != nil {
		t.Fatal(err)
	}
	e, ok := d.Get("contoso")
	if !ok || e.Session.Idle == 0 || e.Networks == nil || e.DeviceRoots == nil {
		t.Fatalf("%+v", e)
	}
	if by, ok := d.ByDomain("Contoso.Example"); !ok || by != e {
		t.Error("not found by domain")
	}
	if _, ok := d.ByDomain(""); ok {
		t.Error("no domain found a tenant")
	}
	s.err = errors.New("down")
	if err := d.Reload(ctx, s); err == nil || len(d.All()) != 2 {
		t.Errorf("store down: %v, %d tenants", err, len(d.All()))
	}
	broken := contoso()
	broken.Name, broken.Epoch = "", 9
	s.err, s.list = nil, []Tenant{broken, fabrikam}
	if err := d.Reload(ctx, s); !fault.Is(err, fault.Invalid) {
		t.Errorf("broken tenant: %v", err)
	}
	if kept, ok := d.Get("contoso"); !ok || kept != e {
		t.Error("a broken document took the tenant away")
	}
	s.list = []Tenant{fabrikam}
	if err := d.Reload(ctx, s); err != nil || d.Epoch() != 3 {
		t.Errorf("epoch %d, %v", d.Epoch(), err)
	}
	if _, ok := d.Get(model.TenantID("contoso")); ok {
		t.Error("a removed tenant is still there")
	}
}

func TestSignalSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  Signals
		saml bool
		bad  string
	}{
		"the provider's own":  {Signals{}, false, ""},
		"of its own issuer":   {Signals{Issuer: "https://events.example.com/ssf"}, false, ""},
		"with keys":           {Signals{Issuer: "events", JWKS: "https://events.example.com/keys"}, true, ""},
		"SAML without keys":   {Signals{}, true, "signals.jwks"},
		"keys can't be found": {Signals{Issuer: "events"}, false, "signals.jwks"},
		"http":                {Signals{JWKS: "http://events.example.com/keys"}, false, "signals.jwks"},
		"space in issuer":     {Signals{Issuer: "a b", JWKS: "https://e.example/k"}, false, "signals.issuer"},
		"space in audience":   {Signals{Audience: "a b"}, false, "signals.audience"},
	} {
		p := Provider{ID: "p", Issuer: "https://idp.example", ClientID: "c", Signals: &c.set}
		if c.saml {
			p.Kind = KindSAML
		}
		var v validation
		v.signals("signals", p)
		text := fmt.Sprint(v)
		if (c.bad == "") != !strings.Contains(text, "signals.") || !strings.Contains(text, c.bad) {
			t.Errorf("%s: %s, want %q", name, text, c.bad)
		}
	}
}
