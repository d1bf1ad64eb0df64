package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

func aSource(id model.TenantID, name directory.SourceID) directory.Source {
	return directory.Source{ID: name, Tenant: id, Kind: directory.KindSCIM, Name: "source of " + string(id), Provider: "entra", Created: start}
}

func aSourceToken(id model.TenantID, source directory.SourceID, name string) directory.Token {
	return directory.Token{ID: name, Tenant: id, Source: source, Name: "token of " + string(id), Hash: directory.HashToken(string(id) + name), Created: start}
}

func aUser(source directory.SourceID, id directory.ID, name string) directory.User {
	return directory.User{
		Source: source, ID: id, ExternalID: "ext-" + string(id), Username: name, Name: "Name of " + name, Email: name, Active: true, Roles: []string{"Approver"},
		Created: start, Changed: start, Resource: []byte(`{"title":"x"}`),
	}
}

func aGroup(source directory.SourceID, id directory.ID, name string) directory.Group {
	return directory.Group{Source: source, ID: id, ExternalID: "ext-" + string(id), Name: name, Created: start, Changed: start}
}

// DirectorySources is the suite of [directory.SourceStore].
func DirectorySources(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	one, two := aSource("contoso", "entra"), aSource("contoso", "okta")
	two.Kind, two.Graph = directory.KindGraph, &directory.Graph{Tenant: "contoso.onmicrosoft.com", ClientID: "app", SecretFile: "/s"}
	must(t, e.AddSource(ctx, two))
	must(t, e.AddSource(ctx, one))
	must(t, e.AddSource(ctx, aSource("fabrikam", "entra")))
	one.Revision, two.Revision = 1, 1
	wantKind(t, "a source twice", e.AddSource(ctx, one), fault.Conflict)
	wantKind(t, "a source of no tenant", e.AddSource(ctx, aSource("nobody", "x")), fault.NotFound)
	got, err := e.Source(ctx, "contoso", "okta")
	want(t, "a source", got, err, two)
	_, err = e.Source(ctx, "fabrikam", "okta")
	wantKind(t, "another tenant's source", err, fault.NotFound)
	list, err := e.Sources(ctx, "contoso")
	want(t, "sources", list, err, []directory.Source{one, two})
	got, err = e.UpdateSource(ctx, "contoso", "okta", func(s *directory.Source) error {
		s.Sync.Items, s.ID, s.Tenant, s.Kind = 7, "stolen", "fabrikam", directory.KindSCIM
		return nil
	})
	two.Sync.Items, two.Revision = 7, 2
	want(t, "a change", got, err, two)
	_, err = e.UpdateSource(ctx, "contoso", "okta", func(s *directory.Source) error { s.Sync.Items = 9; return errStop })
	if err == nil {
		t.Error("an error of change is lost")
	}
	_, err = e.UpdateSource(ctx, "fabrikam", "okta", func(*directory.Source) error { return nil })
	wantKind(t, "a change of another tenant's", err, fault.NotFound)
	race(t, 8, fault.Conflict, func(ctx context.Context, _ int) error {
		_, err := e.UpdateSource(ctx, "contoso", "okta", func(s *directory.Source) error { s.Sync.Items++; return nil })
		return err
	})
	got, err = e.Source(ctx, "contoso", "okta")
	two.Sync.Items, two.Revision = 15, 10
	want(t, "after eight changes at once", got, err, two)

	v := aSourceToken("contoso", "entra", "t1")
	must(t, e.AddSourceToken(ctx, v))
	must(t, e.AddSourceToken(ctx, aSourceToken("fabrikam", "entra", "t1")))
	wantKind(t, "a token twice", e.AddSourceToken(ctx, v), fault.Conflict)
	wantKind(t, "a token of no source", e.AddSourceToken(ctx, aSourceToken("fabrikam", "okta", "t1")), fault.NotFound)
	must(t, e.TouchSourceToken(ctx, "contoso", "entra", "t1", start.Add(time.Hour)))
	must(t, e.TouchSourceToken(ctx, "contoso", "entra", "t1", start))
	must(t, e.TouchSourceToken(ctx, "contoso", "entra", "none", start))
	v.LastUsed = start.Add(time.Hour)
	tokens, err := e.SourceTokens(ctx, "contoso", "entra")
	want(t, "tokens", tokens, err, []directory.Token{v})
	for i := 2; i <= directory.MaxTokens; i++ {
		must(t, e.AddSourceToken(ctx, aSourceToken("contoso", "entra", fmt.Sprint("t", i))))
	}
	wantKind(t, "a token too many", e.AddSourceToken(ctx, aSourceToken("contoso", "entra", "more")), fault.Limited)
	wantKind(t, "deleting another tenant's token", e.DeleteSourceToken(ctx, "fabrikam", "entra", "t2"), fault.NotFound)
	must(t, e.DeleteSourceToken(ctx, "contoso", "entra", "t2"))
	wantKind(t, "deleting it twice", e.DeleteSourceToken(ctx, "contoso", "entra", "t2"), fault.NotFound)
	wantKind(t, "deleting another tenant's source", e.DeleteSource(ctx, "fabrikam", "okta"), fault.NotFound)
	must(t, e.DeleteSource(ctx, "contoso", "entra"))
	tokens, err = e.SourceTokens(ctx, "contoso", "entra")
	want(t, "tokens of a source that is gone", tokens, err, []directory.Token(nil))
	tokens, err = e.SourceTokens(ctx, "fabrikam", "entra")
	want(t, "another tenant's after it", tokens, err, []directory.Token{aSourceToken("fabrikam", "entra", "t1")})
}

// Directory is the suite of [directory.Store].
func Directory(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	for _, s := range []directory.Source{aSource("contoso", "entra"), aSource("contoso", "okta"), aSource("fabrikam", "entra")} {
		must(t, e.AddSource(ctx, s))
	}
	apply := func(source directory.SourceID, b directory.Batch) error {
		b.At = start.Add(time.Hour)
		return e.Apply(ctx, "contoso", source, b)
	}
	anna, bo, twin := aUser("entra", "u1", "Anna@contoso.example"), aUser("entra", "u2", "bo@contoso.example"), aUser("okta", "u1", "anna@contoso.example")
	bo.Name = "Name of bo Boſſe"
	staff, board, all := aGroup("entra", "g1", "Staff"), aGroup("entra", "g2", "Board"), aGroup("entra", "g3", "All")
	admin := aGroup("entra", "r1", "Global Administrator")
	admin.Role = true
	must(t, apply("entra", directory.Batch{Users: []directory.User{bo, anna}, Groups: []directory.Group{board, staff, all, admin}, Unique: true, Generation: 1, Members: []directory.Membership{
		{Group: "g2", Add: []directory.Member{{ID: "u1"}}},
		{Group: "g1", Add: []directory.Member{{ID: "u2"}, {ID: "g2", Nests: true}}},
		{Group: "g3", Add: []directory.Member{{ID: "g1", Nests: true}}},
		{Group: "g2", Add: []directory.Member{{ID: "g3", Nests: true}}}, // in a circle
		{Group: "r1", Add: []directory.Member{{ID: "u2"}}},
	}}))
	must(t, apply("okta", directory.Batch{Users: []directory.User{twin}, Unique: true}))
	anna.Version, bo.Version, twin.Version, staff.Version, board.Version, all.Version, admin.Version = 1, 1, 1, 1, 1, 1, 1
	wantKind(t, "a source that is not there", e.Apply(ctx, "fabrikam", "okta", directory.Batch{At: start}), fault.NotFound)

	got, err := e.User(ctx, "contoso", "entra", "u1")
	want(t, "a user", got, err, anna)
	_, err = e.User(ctx, "fabrikam", "entra", "u1")
	wantKind(t, "another tenant's user", err, fault.NotFound)
	users := func(what string, q directory.Query, wanted ...directory.User) {
		t.Helper()
		list, err := e.Users(ctx, "contoso", q)
		want(t, what, list, err, wanted)
	}
	users("all", directory.Query{}, anna, bo, twin)
	users("of a source", directory.Query{Source: "okta"}, twin)
	users("by sign-in name", directory.Query{Source: "entra", Name: "ANNA@contoso.example"}, anna)
	users("by external id", directory.Query{Extern: "ext-u2"}, bo)
	users("by both", directory.Query{Extern: "ext-u1", Name: "anna@contoso.example"}, anna, twin)
	users("by neither", directory.Query{Extern: "ext-u2", Name: "anna@contoso.example"})
	users("by a part", directory.Query{Match: "NAME OF bo"}, bo)
	users("by a part in letters that fold", directory.Query{Match: "BOSSE"}, bo)
	users("by a part that spans two", directory.Query{Match: "example bo"})
	users("from after one", directory.Query{After: directory.Key("entra", "u1")}, bo, twin)
	users("two", directory.Query{Limit: 2}, anna, bo)
	named, err := e.Named(ctx, "contoso", "ext-u2", "anna@CONTOSO.example")
	want(t, "named", named, err, []directory.User{anna, bo, twin})
	named, err = e.Named(ctx, "contoso", "", "")
	want(t, "nobody named", named, err, []directory.User(nil))
	groups, err := e.Groups(ctx, "contoso", directory.Query{})
	want(t, "groups", groups, err, []directory.Group{staff, board, all, admin})
	groups, err = e.Groups(ctx, "contoso", directory.Query{Source: "entra", Name: "board", Extern: "ext-g2"})
	want(t, "groups by name", groups, err, []directory.Group{board})
	groups, err = e.Groups(ctx, "contoso", directory.Query{After: directory.Key("entra", "g2"), Limit: 1})
	want(t, "the third group", groups, err, []directory.Group{all})
	groups, err = e.GroupsOf(ctx, "contoso", "entra", "u1")
	want(t, "groups of anna, through others", groups, err, []directory.Group{staff, board, all})
	groups, err = e.GroupsOf(ctx, "contoso", "okta", "u1")
	want(t, "groups of the same id elsewhere", groups, err, []directory.Group(nil))
	groups, err = e.GroupsOf(ctx, "fabrikam", "entra", "u1")
	want(t, "groups in another tenant", groups, err, []directory.Group(nil))
	members, err := e.Members(ctx, "contoso", "entra", "g1", "", 0)
	want(t, "members", members, err, []directory.Member{{Group: "g1", ID: "g2", Nests: true}, {Group: "g1", ID: "u2"}})
	members, err = e.Members(ctx, "contoso", "entra", "g1", "g2", 1)
	want(t, "members from after one", members, err, []directory.Member{{Group: "g1", ID: "u2"}})
	n, m, err := e.CountPeople(ctx, "contoso", "entra")
	want(t, "count", [2]int{n, m}, err, [2]int{2, 3})

	wantKind(t, "an old version", apply("entra", directory.Batch{Users: []directory.User{{Source: "entra", ID: "u1"}}}), fault.Conflict)
	wantKind(t, "a name that is taken", apply("entra", directory.Batch{Users: []directory.User{aUser("entra", "u9", "BO@contoso.example")}, Unique: true}), fault.Conflict)
	wantKind(t, "a group's name that is taken", apply("entra", directory.Batch{Users: []directory.User{aUser("entra", "u8", "u8")}, Groups: []directory.Group{aGroup("entra", "g9", "staff")}, Unique: true}), fault.Conflict)
	_, err = e.User(ctx, "contoso", "entra", "u8")
	wantKind(t, "the rest of a batch that failed", err, fault.NotFound)
	must(t, apply("entra", directory.Batch{Users: []directory.User{aUser("entra", "u1", "anna.new@contoso.example")}, AnyVersion: true, Generation: 1}))
	got, err = e.User(ctx, "contoso", "entra", "u1")
	if err != nil || got.Version != 2 {
		t.Errorf("after a change: %+v, %v", got, err)
	}
	must(t, apply("entra", directory.Batch{Members: []directory.Membership{{Group: "g1", All: true, Add: []directory.Member{{ID: "u1"}}}, {Group: "g2", Remove: []directory.ID{"u1", "nobody"}}}, Generation: 1}))
	groups, err = e.GroupsOf(ctx, "contoso", "entra", "u1")
	want(t, "groups after a change", groups, err, []directory.Group{staff, board, all})

	must(t, apply("entra", directory.Batch{GoneUsers: []directory.ID{"u2", "nobody"}}))
	got, err = e.User(ctx, "contoso", "entra", "u2")
	gone := directory.User{Source: "entra", ID: "u2", ExternalID: "ext-u2", Username: "bo@contoso.example", Created: start, Changed: start.Add(time.Hour), Deleted: start.Add(time.Hour), Version: 2}
	want(t, "a user that is gone", got, err, gone)
	users("without the gone", directory.Query{Extern: "ext-u2"})
	users("with the gone", directory.Query{Extern: "ext-u2", Deleted: true}, gone)
	named, err = e.Named(ctx, "contoso", "ext-u2", "")
	want(t, "the gone, named", named, err, []directory.User{gone})
	must(t, apply("entra", directory.Batch{Users: []directory.User{aUser("entra", "u7", "bo@contoso.example")}, Unique: true, Generation: 2})) // the name is free again
	must(t, apply("entra", directory.Batch{GoneGroups: []directory.ID{"g2"}}))
	groups, err = e.GroupsOf(ctx, "contoso", "entra", "u1")
	want(t, "after a group is gone", groups, err, []directory.Group{staff, all})

	_, err = e.UpdateSource(ctx, "contoso", "entra", func(s *directory.Source) error { s.Sync.Asked, s.Sync.AskFull = start, true; return nil })
	must(t, err)
	sync := directory.Sync{Finished: start, UserDelta: "https://graph.microsoft.com/x"}
	must(t, apply("entra", directory.Batch{Groups: []directory.Group{staff}, AnyVersion: true, Members: []directory.Membership{{Group: "g1", Add: []directory.Member{{ID: "u7"}}}}, Generation: 2, Prune: true, Sync: &sync}))
	users("after a prune", directory.Query{Source: "entra"}, func() directory.User { u := aUser("entra", "u7", "bo@contoso.example"); u.Version = 1; return u }())
	members, err = e.Members(ctx, "contoso", "entra", "g1", "", 0)
	want(t, "members after a prune", members, err, []directory.Member{{Group: "g1", ID: "u7"}})
	if groups, err = e.Groups(ctx, "contoso", directory.Query{}); err != nil || len(groups) != 1 {
		t.Errorf("groups after a prune: %+v, %v", groups, err)
	}
	s, err := e.Source(ctx, "contoso", "entra")
	sync.Asked, sync.AskFull = start, true // what was asked for meanwhile stays
	if err != nil || s.Sync != sync {
		t.Errorf("state after a prune: %+v, %v", s.Sync, err)
	}
	err = e.Apply(ctx, "contoso", "entra", directory.Batch{GoneUsers: []directory.ID{"u7"}, Sync: &directory.Sync{}, Created: s.Created.Add(time.Second)})
	wantKind(t, "a batch for a source that was there before", err, fault.NotFound)
	if again, err := e.Source(ctx, "contoso", "entra"); err != nil || again.Sync != s.Sync {
		t.Errorf("state after a batch for a source that was there before: %+v, %v", again.Sync, err)
	}
	must(t, apply("entra", directory.Batch{Created: s.Created}))
	users("of the other source, after all that", directory.Query{Source: "okta"}, twin)
	must(t, e.DeleteSource(ctx, "contoso", "entra"))
	users("after the source", directory.Query{Deleted: true}, twin)
	must(t, e.DeleteTenant(ctx, "contoso"))
	users("after the tenant", directory.Query{Deleted: true})
}

// fillDirectory, alterDirectory and dumpDirectory are the directory's part of the suite of isolation.
func fillDirectory(t *testing.T, e Engine, id model.TenantID) {
	t.Helper()
	ctx := t.Context()
	must(t, e.AddSource(ctx, aSource(id, "entra")))
	must(t, e.AddSourceToken(ctx, aSourceToken(id, "entra", "t1")))
	u := aUser("entra", "u1", "anna@example.com")
	u.Name = "anna of " + string(id)
	must(t, e.Apply(ctx, id, "entra", directory.Batch{Users: []directory.User{u, aUser("entra", "u2", "bo@example.com")}, Groups: []directory.Group{aGroup("entra", "g1", "group of "+string(id))}, Members: []directory.Membership{
		{Group: "g1", Add: []directory.Member{{ID: "u1"}, {ID: "of " + directory.ID(id)}}},
	}, Unique: true, At: start}))
}

func alterDirectory(t *testing.T, e Engine, id model.TenantID) {
	t.Helper()
	ctx := t.Context()
	_, err := e.UpdateSource(ctx, id, "entra", func(s *directory.Source) error { s.Name = "other"; return nil })
	must(t, err)
	must(t, e.TouchSourceToken(ctx, id, "entra", "t1", start.Add(time.Minute)))
	must(t, e.DeleteSourceToken(ctx, id, "entra", "t1"))
	must(t, e.Apply(ctx, id, "entra", directory.Batch{
		Users: []directory.User{aUser("entra", "u1", "other")}, AnyVersion: true, GoneUsers: []directory.ID{"u2"},
		Members: []directory.Membership{{Group: "g1", All: true}}, At: start, Generation: 5,
	}))
	must(t, e.Apply(ctx, id, "entra", directory.Batch{Generation: 9, Prune: true, At: start}))
	must(t, e.DeleteSource(ctx, id, "entra"))
}

func dumpDirectory(t *testing.T, e Engine, id model.TenantID, add func(what string, value any, err error)) {
	t.Helper()
	ctx := t.Context()
	s, err := e.Sources(ctx, id)
	add("directory sources", s, err)
	v, err := e.SourceTokens(ctx, id, "entra")
	add("directory tokens", v, err)
	u, err := e.Users(ctx, id, directory.Query{Deleted: true})
	add("directory users", u, err)
	u, err = e.Named(ctx, id, "ext-u1", "bo@example.com")
	add("named", u, err)
	g, err := e.Groups(ctx, id, directory.Query{})
	add("directory groups", g, err)
	g, err = e.GroupsOf(ctx, id, "entra", "u1")
	add("groups of", g, err)
	m, err := e.Members(ctx, id, "entra", "g1", "", 0)
	add("members", m, err)
}

// Anchors is the suite of [directory.Store]'s Anchored.
func Anchors(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	must(t, e.AddSource(ctx, directory.Source{ID: "okta", Tenant: "contoso", Kind: directory.KindSCIM, Created: start}))
	u := aUser("okta", "u6", "chris@contoso.example")
	u.ImmutableID = "QUJDREVGR0hJSktMTU5PUA=="
	must(t, e.Apply(ctx, "contoso", "okta", directory.Batch{Users: []directory.User{u, aUser("okta", "u7", "bo@contoso.example")}}))
	got, err := e.Anchored(ctx, "contoso", u.ImmutableID)
	u.Version = 1
	want(t, "anchored", got, err, []directory.User{u})
	for tenant, id := range map[model.TenantID]string{"fabrikam": u.ImmutableID, "contoso": ""} {
		got, err = e.Anchored(ctx, tenant, id)
		want(t, "nobody anchored", got, err, []directory.User(nil))
	}
	must(t, e.Apply(ctx, "contoso", "okta", directory.Batch{GoneUsers: []directory.ID{"u6"}}))
	got, err = e.Anchored(ctx, "contoso", u.ImmutableID)
	want(t, "the gone, anchored", got, err, []directory.User(nil))
}
