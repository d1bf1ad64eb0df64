package directory_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const (
	oidAnna = "0d4f3f6e-58a5-4a5e-9d0e-3c1f2b6a7e11"
	oidEve  = "6b1f5f0a-9b1e-4a55-8f37-0d6c1a5d7a10"
)

// newPeople fills a store: contoso reads Graph for its provider entra, takes SCIM from hr for everybody; fabrikam has
// people of the same names.
func newPeople(t *testing.T) (*directory.People, *sqlite.DB) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	yes, no := true, false
	user := func(id directory.ID, external, name string, change func(*directory.User)) directory.User {
		u := directory.User{ID: id, ExternalID: external, Username: name, Name: "Name of " + name, Active: true, Created: monday, Changed: monday}
		if change != nil {
			change(&u)
		}
		return u
	}
	for _, s := range []directory.Source{
		{ID: "graph", Tenant: "contoso", Kind: directory.KindGraph, Provider: "entra", Sync: directory.Sync{Finished: monday.Add(time.Hour)}},
		{ID: "hr", Tenant: "contoso", Kind: directory.KindSCIM},
		{ID: "graph", Tenant: "fabrikam", Kind: directory.KindGraph, Provider: "entra"},
	} {
		if _, err := db.Tenant(t.Context(), s.Tenant); err != nil {
			if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: s.Tenant, Name: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.AddSource(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	for at, b := range map[string]directory.Batch{
		"contoso/graph": {
			Users: []directory.User{
				user(oidAnna, oidAnna, "anna@contoso.com", func(u *directory.User) { u.Guest = &no }),
				user("off", "off", "off@contoso.com", func(u *directory.User) { u.Active = false }),
				user("left", "left", "left@contoso.com", nil), user("old", "old", "same@contoso.com", nil), user("new", "new", "same@contoso.com", nil),
				user("g", "g", "g@fabrikam.com", func(u *directory.User) { u.Guest, u.GuestType = &yes, model.GuestB2BCollaboration }),
				user("untold", "untold", "untold@elsewhere.example", nil),
			},
			Groups: []directory.Group{{ID: "g1", ExternalID: "g1", Name: "Staff", Changed: monday}, {ID: "g2", ExternalID: "g2", Name: "Admins", Changed: monday}, {ID: "r1", ExternalID: "template", Name: "Global Administrator", Role: true, Changed: monday}},
			Members: []directory.Membership{
				{Group: "g1", Add: []directory.Member{{ID: oidAnna}, {ID: "new"}}}, {Group: "g2", Add: []directory.Member{{ID: "g1", Nests: true}}}, {Group: "r1", Add: []directory.Member{{ID: "g2", Nests: true}}},
			},
			GoneUsers: []directory.ID{"left", "old"},
		},
		"contoso/hr": {
			Users: []directory.User{
				user("h1", "hr-1", "ANNA@contoso.com", func(u *directory.User) { u.Roles = []string{"Approver"} }), user("h2", oidAnna, "eve@contoso.com", nil),
				user("h3", "", "bo@contoso.com", func(u *directory.User) { u.Active = false }),
			},
			Groups: []directory.Group{{ID: "h-g", ExternalID: "sales-id", Name: "Sales", Changed: monday}, {ID: "bare", Changed: monday}}, Members: []directory.Membership{{Group: "h-g", Add: []directory.Member{{ID: "h1"}}}, {Group: "bare", Add: []directory.Member{{ID: "h1"}}}},
		},
		"fabrikam/graph": {Users: []directory.User{user(oidAnna, oidAnna, "anna@contoso.com", func(u *directory.User) { u.Active = false })}},
	} {
		owner, source, _ := strings.Cut(at, "/")
		b.At = monday
		if err := db.Apply(t.Context(), model.TenantID(owner), directory.SourceID(source), b); err != nil {
			t.Fatal(err)
		}
	}
	return directory.NewPeople(db, db), db
}

func claims(provider model.ProviderID, subject, name string) model.Claims {
	return model.Claims{Subject: subject, ObjectID: provider == "entra", User: model.User{ID: model.UserID(string(provider) + ":" + subject), Username: name, Provider: provider}}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	p, _ := newPeople(t)
	yes := true
	withGroups := claims("entra", oidAnna, "anna@contoso.com")
	withGroups.User.Groups, withGroups.User.Roles, withGroups.User.Name = []model.GroupID{"g1", "claimed"}, []string{"Reader"}, "Anna as claimed"
	guest := claims("entra", oidAnna, "anna@contoso.com")
	guest.Guest = &yes
	typed := claims("okta", "x", "x@elsewhere.example")
	typed.User.GuestType, typed.User.HomeTenant = model.GuestOtherExternal, "elsewhere"
	member := claims("okta", "x", "x@contoso.com")
	member.User.GuestType, member.User.HomeTenant = model.GuestOtherExternal, "elsewhere"
	otherIDs := claims("entra", "11111111-2222-4333-8444-555555555555", "anna@contoso.com")
	otherIDs.ObjectID = false
	knownAs := func(name string, entries ...model.Entry) model.Claims {
		c := claims("entra", "x", name)
		c.Known = entries
		return c
	}
	renamed, renamedOff := knownAs("anna.before@contoso.com", model.Entry{Source: "graph", ID: oidAnna}), knownAs("off.before@contoso.com", model.Entry{Source: "graph", ID: "off"})
	stale := claims("entra", oidAnna, "anna@contoso.com")
	stale.Known = []model.Entry{{Source: "graph", ID: "new"}}
	lost := knownAs("same@contoso.com", model.Entry{Source: "graph", ID: "never"}, model.Entry{Source: "removed", ID: oidAnna})
	for _, c := range []struct {
		name          string
		claims        model.Claims
		groups, roles string
		external      string
		refused       string
		entries       string
	}{
		{"by object id, through nested groups and roles, and by name elsewhere", claims("entra", oidAnna, "anna@contoso.com"), "g1 g2 bare sales-id Sales", "template,Global Administrator,Approver", "false", "", "graph hr"},
		{"by object id, renamed at the provider", claims("entra", oidAnna, "anna.new@contoso.com"), "g1 g2", "template,Global Administrator", "false", "", "graph"},
		{"claims come first and are kept", withGroups, "g1 claimed g2 bare sales-id Sales", "Reader,template,Global Administrator,Approver", "false", "", "graph hr"},
		{"a claimed guest is one though the directory says member", guest, "g1 g2 bare sales-id Sales", "template,Global Administrator,Approver", "true", "", "graph hr"},
		{"the same name at another provider is known to hr alone", claims("okta", "x", "anna@contoso.com"), "bare sales-id Sales", "Approver", "false", "", "hr"},
		{"another's object id at another provider is nobody", claims("okta", oidAnna, "x@contoso.com"), "", "", "false", "", ""},
		{"the same name, another object id", claims("entra", oidEve, "anna@contoso.com"), "bare sales-id Sales", "Approver", "false", "", "hr"},
		{"a name in other letters", claims("entra", "x", "ANNA@CONTOſO.com"), "g1 g2 bare sales-id Sales", "template,Global Administrator,Approver", "false", "", "graph hr"},
		{"disabled", claims("entra", "off", "off@contoso.com"), "", "", "false", "the account is disabled in the directory graph", "graph"},
		{"disabled, by name", claims("entra", "x", "off@contoso.com"), "", "", "false", "the account is disabled in the directory graph", "graph"},
		{"disabled in one of two", claims("entra", "x", "bo@contoso.com"), "", "", "false", "the account is disabled in the directory hr", "hr"},
		{"deleted", claims("entra", "left", "left@contoso.com"), "", "", "false", "the account was deleted in the directory graph", "graph"},
		{"deleted, and the name is somebody else's by now", claims("entra", "old", "same@contoso.com"), "", "", "false", "the account was deleted in the directory graph", "graph"},
		{"who has the name now", claims("entra", "new", "same@contoso.com"), "g1 g2", "template,Global Administrator", "false", "", "graph"},
		{"who has the name now, by name", claims("entra", "x", "same@contoso.com"), "g1 g2", "template,Global Administrator", "false", "", "graph"},
		{"a guest of the directory", claims("entra", "g", "g@fabrikam.com"), "", "", "true b2bCollaborationGuest", "", "graph"},
		{"a domain that is not managed", claims("entra", "untold", "untold@elsewhere.example"), "", "", "true", "", "graph"},
		{"nobody, not managed, as claimed", typed, "", "", "true otherExternalUser elsewhere", "", ""},
		{"no guest, whatever kind is claimed", member, "", "", "false", "", ""},
		{"other ids than Graph's are no reason to doubt the name", otherIDs, "g1 g2 bare sales-id Sales", "template,Global Administrator,Approver", "false", "", "graph hr"},
		{"renamed since the sign-in", renamed, "g1 g2", "template,Global Administrator", "false", "", "graph"},
		{"renamed since the sign-in, and disabled", renamedOff, "", "", "false", "the account is disabled in the directory graph", "graph"},
		{"recognised as another one by now", stale, "g1 g2 bare sales-id Sales", "template,Global Administrator,Approver", "false", "", "graph hr"},
		{"recognised as what is gone", lost, "g1 g2", "template,Global Administrator", "false", "", "graph"},
		{"nobody without a name", claims("entra", "", ""), "", "", "true", "", ""},
	} {
		got, err := p.Resolve(t.Context(), "contoso", c.claims, []string{"Contoso.com"})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var groups, entries []string
		for _, g := range got.User.Groups {
			groups = append(groups, string(g))
		}
		for _, e := range got.Entries {
			entries = append(entries, string(e.Source))
		}
		external := "false"
		if got.User.External {
			external = strings.TrimSpace(strings.Join([]string{"true", string(got.User.GuestType), got.User.HomeTenant}, " "))
		} else if got.User.GuestType != "" || got.User.HomeTenant != "" {
			external = "a kind of guest who is none"
		}
		if g, r, e := strings.Join(groups, " "), strings.Join(got.User.Roles, ","), strings.Join(entries, " "); g != c.groups || r != c.roles || e != c.entries || external != c.external || got.Refused != c.refused {
			t.Errorf("%s:\n groups %s\n roles %s\n of %s, external %s, refused %q", c.name, g, r, e, external, got.Refused)
		}
		if got.User.ID != c.claims.User.ID || c.claims.User.Name != "" && got.User.Name != c.claims.User.Name {
			t.Errorf("%s: the provider's own words are changed: %+v", c.name, got.User)
		}
	}
	if alone := directory.Alone(withGroups, nil); !slices.Equal(alone.User.Groups, withGroups.User.Groups) || alone.User.External || len(alone.Facts) != 3 {
		t.Errorf("alone %+v", alone)
	}
	other, err := p.Resolve(t.Context(), "fabrikam", claims("entra", oidAnna, "anna@contoso.com"), nil)
	if err != nil || other.Refused == "" || len(other.User.Groups) != 0 {
		t.Errorf("in another tenant: %+v, %v", other, err)
	}
}

// TestFacts looks at who said what, and when.
func TestFacts(t *testing.T) {
	t.Parallel()
	p, _ := newPeople(t)
	c := claims("entra", oidAnna, "anna@contoso.com")
	c.User.Groups = []model.GroupID{"claimed"}
	got, err := p.Resolve(t.Context(), "contoso", c, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []directory.Fact{
		{Kind: "group", Value: "claimed", Source: directory.FromSignIn},
		{Kind: "group", Value: "g2", Name: "Admins", Source: "graph", At: monday.Add(time.Hour)}, // read as a whole later than changed
		{Kind: "role", Value: "template", Name: "Global Administrator", Source: "graph", At: monday.Add(time.Hour)},
		{Kind: "group", Value: "Sales", Name: "Sales", Source: "hr", At: monday},
		{Kind: "role", Value: "Approver", Source: "hr", At: monday},
		{Kind: "guest", Value: "false", Source: "graph", At: monday.Add(time.Hour)},
	} {
		if !slices.Contains(got.Facts, want) {
			t.Errorf("no %+v in %+v", want, got.Facts)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	p, _ := newPeople(t)
	for name, want := range map[string]string{
		"anna@contoso.com": "g1 g2 bare sales-id Sales", oidAnna: "g1 g2 bare sales-id Sales", "h1": "bare sales-id Sales", "same@contoso.com": "g1 g2", "left@contoso.com": "", "off": "",
	} {
		got, err := p.Of(t.Context(), "contoso", name, nil)
		var groups []string
		for _, g := range got.User.Groups {
			groups = append(groups, string(g))
		}
		if g := strings.Join(groups, " "); err != nil || g != want {
			t.Errorf("%s: %s, %v", name, g, err)
		}
		if off := name == "left@contoso.com" || name == "off"; off != (got.Refused != "") {
			t.Errorf("%s: refused %q", name, got.Refused)
		}
	}
	for _, name := range []string{"", "nobody", "Name of anna@contoso.com"} {
		if _, err := p.Of(t.Context(), "contoso", name, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestMeans(t *testing.T) {
	t.Parallel()
	p, db := newPeople(t)
	u, err := db.User(t.Context(), "contoso", "graph", oidAnna)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		claims model.Claims
		want   bool
	}{
		"the person": {claims("entra", oidAnna, "x"), true}, "by name": {claims("entra", "x", "anna@contoso.com"), true}, "of another provider": {claims("okta", oidAnna, "anna@contoso.com"), false},
		"somebody else": {claims("entra", oidEve, "anna@contoso.com"), false}, "nobody": {claims("entra", "", ""), false},
	} {
		if got, err := p.Means(t.Context(), "contoso", u, c.claims); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	before := claims("entra", "x", "anna.before@contoso.com")
	before.Known = []model.Entry{{Source: "graph", ID: oidAnna}}
	if got, err := p.Means(t.Context(), "contoso", u, before); !got || err != nil {
		t.Errorf("renamed since: %v, %v", got, err)
	}
	old, err := db.User(t.Context(), "contoso", "graph", "old")
	if err != nil || old.Deleted.IsZero() {
		t.Fatalf("%+v, %v", old, err)
	}
	if got, err := p.Means(t.Context(), "contoso", old, claims("entra", "x", "same@contoso.com")); got || err != nil {
		t.Errorf("one that was taken back, whose name is another's by now: %v, %v", got, err)
	}
	if got, err := p.Means(t.Context(), "contoso", old, claims("entra", "old", "same@contoso.com")); !got || err != nil {
		t.Errorf("one that was taken back, by id: %v, %v", got, err)
	}
	u.Source = "gone"
	if got, err := p.Means(t.Context(), "contoso", u, claims("entra", oidAnna, "x")); got || err != nil {
		t.Errorf("of a source that is gone: %v, %v", got, err)
	}
}

func TestSourceValidate(t *testing.T) {
	t.Parallel()
	good := directory.Graph{Tenant: "contoso.com", ClientID: "x", SecretFile: "/s"}
	for _, c := range []struct {
		name string
		s    directory.Source
		want []string // paths of mistakes
	}{
		{"SCIM", directory.Source{ID: "hr", Kind: directory.KindSCIM}, nil},
		{"Graph", directory.Source{ID: "entra-1", Kind: directory.KindGraph, Graph: &good}, nil},
		{"no id, no kind", directory.Source{}, []string{"id", "kind"}},
		{"SCIM with Graph", directory.Source{ID: "Hr", Kind: directory.KindSCIM, Graph: &good}, []string{"id", "graph"}},
		{"Graph without", directory.Source{ID: "x", Kind: directory.KindGraph}, []string{"graph"}},
		{"both files", directory.Source{ID: "x", Kind: directory.KindGraph, Graph: &directory.Graph{Tenant: "t", ClientID: "c", SecretFile: "/s", CertificateFile: "/c"}}, []string{"graph.secretFile"}},
		{"nothing", directory.Source{ID: "x", Kind: directory.KindGraph, Graph: &directory.Graph{}}, []string{"graph.tenant", "graph.clientId", "graph.secretFile"}},
		{"a relative file, plain http", directory.Source{ID: "x", Kind: directory.KindGraph, Graph: &directory.Graph{Tenant: "t", ClientID: "c", CertificateFile: "c.pem", Graph: "http://x"}}, []string{"graph.certificateFile", "graph.graph"}},
	} {
		err := c.s.Validate()
		var ms filter.Mistakes
		errors.As(err, &ms)
		var got []string
		for _, m := range ms {
			got = append(got, m.Path)
		}
		if !slices.Equal(got, c.want) || (err != nil) != (c.want != nil) {
			t.Errorf("%s: %v (%v)", c.name, got, err)
		}
	}
}
