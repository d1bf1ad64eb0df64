package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	people "github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/test/entraid"
)

// TestAnchorFromTheDirectory: where the provider doesn't say by what an account in Entra is anchored, the directory does,
// and where two sources differ, nobody does.
func TestAnchorFromTheDirectory(t *testing.T) {
	t.Parallel()
	f := newFederated(t, federatedSetting{policies: route, claim: map[string]any{"anchor": ""}})
	source := func(id people.SourceID, name, anchor string) {
		t.Helper()
		if err := f.db.AddSource(t.Context(), people.Source{ID: id, Tenant: "contoso", Kind: people.KindSCIM, Created: f.now()}); err != nil {
			t.Fatal(err)
		}
		u := people.User{Source: id, ID: "u1", Username: name, Active: true, ImmutableID: anchor, Created: f.now(), Changed: f.now()}
		if err := f.db.Apply(t.Context(), "contoso", id, people.Batch{Users: []people.User{u}}); err != nil {
			t.Fatal(err)
		}
	}
	ask := func() *page {
		return f.walk(f.browser(nil), f.at("contoso", "/wsfed?wa=wsignin1.0&wtrealm="+url.QueryEscape(entraid.Realm)))
	}
	for _, step := range []struct {
		source       people.SourceID
		name, anchor string
		token        bool
	}{
		{"hr", "director@contoso.example", "", false},
		{"odd", "d\u0131rector@contoso.example", immutable, false}, // folds to the same name, and is another one to Entra
		{"entra", "Director@Contoso.example", immutable, true},
		{"other", "director@contoso.example", "AAAAAAAAAAAAAAAAAAAAAA==", false},
	} {
		source(step.source, step.name, step.anchor)
		p := ask()
		if step.token != strings.Contains(p.text, "wresult") && step.token != strings.Contains(strings.Join(p.hops, " "), "login.srf") {
			t.Errorf("with %s: %d at %s\n%s", step.source, p.status, p.at, p.text)
		}
		if !step.token && (p.status != http.StatusForbidden || !strings.Contains(p.text, "not linked to one in Microsoft 365")) {
			t.Errorf("with %s: %d at %s\n%s", step.source, p.status, p.at, p.text)
		}
	}
}

// TestClaimedAnchorOfAnother: where a tenant has several providers, none of them names another anchor for somebody than the
// directory has: Entra would take the person for whoever has it.
func TestClaimedAnchorOfAnother(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		anchor string // of the director's own entry
		owner  string // sign-in name of a further entry that has the claimed anchor
		token  bool
	}{
		"the same": {immutable, "", true}, "another": {"AAAAAAAAAAAAAAAAAAAAAA==", "", false}, "none": {"", "", true},
		"somebody else's": {"", "administrator@contoso.example", false}, "one's own in two systems": {immutable, "Director@contoso.example", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{change: func(v *tenant.Tenant, r *rig) {
				more := v.Providers[0]
				more.ID, more.Issuer, more.Domains = "partner", r.second.issuer, []string{"partner.example"}
				v.Providers[0].Domains = []string{"contoso.example"}
				v.Providers = append(v.Providers, more)
			}})
			if err := f.db.AddSource(t.Context(), people.Source{ID: "entra", Tenant: "contoso", Kind: people.KindSCIM, Created: f.now()}); err != nil {
				t.Fatal(err)
			}
			u := people.User{Source: "entra", ID: "u1", Username: "director@contoso.example", Active: true, ImmutableID: c.anchor, Created: f.now(), Changed: f.now()}
			if err := f.db.Apply(t.Context(), "contoso", "entra", people.Batch{Users: []people.User{u}}); err != nil {
				t.Fatal(err)
			}
			if c.owner != "" { // in a source that speaks for another provider's people
				if err := f.db.AddSource(t.Context(), people.Source{ID: "other", Tenant: "contoso", Kind: people.KindSCIM, Provider: "partner", Created: f.now()}); err != nil {
					t.Fatal(err)
				}
				o := people.User{Source: "other", ID: "u9", Username: c.owner, Active: true, ImmutableID: immutable, Created: f.now(), Changed: f.now()}
				if err := f.db.Apply(t.Context(), "contoso", "other", people.Batch{Users: []people.User{o}}); err != nil {
					t.Fatal(err)
				}
			}
			b := f.browser(nil)
			p := f.walk(b, f.at("contoso", "/wsfed?wa=wsignin1.0&wtrealm="+url.QueryEscape(entraid.Realm)))
			if strings.Contains(p.text, `name="asked"`) {
				p = b.choose(p, "address", "director@contoso.example")
			}
			token := strings.Contains(p.text, "wresult") || strings.Contains(strings.Join(p.hops, " "), "login.srf")
			if token != c.token || !token && !strings.Contains(p.text, "not linked to one in Microsoft 365") {
				t.Errorf("token %t: %d at %s\n%s", token, p.status, p.at, p.text)
			}
		})
	}
}
