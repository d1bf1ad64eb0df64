package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

const contoso = "/api/v2/tenants/contoso"

// applied is the answer to an apply.

type applied struct {
	Applied   bool
	Documents []struct {
		ID, Change, Phase string
		Revision          int64
	}
	Findings []struct{ Code, Severity, Document string }
	Epoch    int64
}

// furnish gives contoso an app and the fixture's two policies.

func furnish(t *testing.T) *apitest.Fixture {
	t.Helper()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/files", apitest.FilesApp, 200, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(apitest.RoutePolicy+"---\n"+apitest.BlockPolicy), 200, nil)
	return f
}

// last returns a tenant's latest activity.

func last(f *apitest.Fixture, id model.TenantID) model.Activity {
	rows := f.Log.Rows(id)
	return rows[len(rows)-1]
}

func TestApply(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	act := last(f, "contoso")
	if act.Type != model.ActivityPolicyChange || act.Outcome != model.OutcomeComplete || act.Stage != model.StageOutcome || !act.Admin ||
		act.User.Username != "contoso operator" || len(act.Objects) != 2 || act.Objects[1].ID != "block-downloads" {
		t.Errorf("recorded as %+v", act)
	}
	if got := f.Heard(); len(got) != 2 || got[1] != "policy contoso" {
		t.Errorf("signals %v", got)
	}
	again := applied{}
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(apitest.BlockPolicy), 200, &again)
	if again.Applied || again.Documents[0].Change != "unchanged" || again.Documents[0].Revision != 1 || again.Documents[0].Phase != "monitor" {
		t.Errorf("the same again: %+v", again)
	}
	edited := strings.Replace(apitest.BlockPolicy, "level: strict", "level: standard", 1)
	dry := applied{}
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(edited, "dryRun", true), 200, &dry)
	if dry.Applied || dry.Documents[0].Change != "changed" || dry.Documents[0].Revision != 2 {
		t.Errorf("dry run: %+v", dry)
	}
	f.Clock.Advance(time.Hour)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(edited, "comment", "softer"), 200, &again)
	var history struct {
		Items []struct {
			Revision        int64
			Author, Comment string
		}
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/policies/block-downloads/history", nil, 200, &history)
	if len(history.Items) != 2 || history.Items[0].Revision != 2 || history.Items[0].Comment != "softer" || history.Items[0].Author != "contoso operator" {
		t.Errorf("history %+v", history)
	}
	var standing struct{ Since time.Time }
	f.Want(t, "contoso/reader", "GET", contoso+"/policies/block-downloads/rollout", nil, 200, &standing)
	if !standing.Since.Equal(apitest.Monday.Add(time.Hour)) {
		t.Errorf("the monitor phase of a changed policy began at %s", standing.Since)
	}
	var got struct{ Text string }
	f.Want(t, "contoso/reader", "GET", contoso+"/policies/block-downloads", nil, 200, &got)
	if !strings.Contains(got.Text, "level: standard") {
		t.Errorf("stored is\n%s", got.Text)
	}
	f.Want(t, "fabrikam/reader", "GET", "/api/v2/tenants/fabrikam/policies/block-downloads", nil, 404, nil)
}

// TestMistakes sees that every mistake comes back with file, line and column, and that nothing is stored.

func TestMistakes(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	text := "kind: SessionPolicy\nid: a\nname: A\ncontrol: controlFileDownload\nactivities: {ap: {eq: onedrive}}\naction: blok\nlevel: strict\n"
	for _, verb := range []string{"validate", "lint", "apply", "replay"} {
		var p api.Problem
		f.Want(t, "contoso/admin", "POST", contoso+"/policies/"+verb, apitest.File(text), 422, &p)
		if len(p.Errors) != 2 || p.Errors[0].File != "p.yaml" || p.Errors[0].Line != 5 || p.Errors[0].Column == 0 || p.Errors[0].Advice == "" || p.Errors[1].Line != 6 {
			t.Errorf("%s: %+v", verb, p.Errors)
		}
	}
	for name, c := range map[string]struct{ text, want string }{
		"content without an inspector": {strings.Replace(apitest.BlockPolicy, "action:", "inspection: {method: builtIn, types: [{type: credit-card-number}]}\naction:", 1), "no content inspector"},
		"the same id twice":            {apitest.BlockPolicy + "---\n" + apitest.BlockPolicy, "used already"},
		"no app for it":                {apitest.BlockPolicy, "no instance"},
	} {
		var p api.Problem
		f.Want(t, "contoso/admin", "POST", contoso+"/policies/apply", apitest.File(c.text), 422, &p)
		if len(p.Errors) == 0 || !strings.Contains(p.Errors[0].Message, c.want) {
			t.Errorf("%s: %+v", name, p.Errors)
		}
	}
	var checked struct {
		Refused []struct{ Message, Advice string }
	}
	unknown := strings.Replace(apitest.BlockPolicy, "action:", "inspection: {method: builtIn, types: [{type: creditCardNumber}, {type: pci}]}\naction:", 1)
	f.Want(t, "contoso/admin", "POST", contoso+"/policies/validate", apitest.File(unknown), 200, &checked)
	if n := len(checked.Refused); n != 2 || !strings.Contains(checked.Refused[1].Message, "no information type") || !strings.Contains(checked.Refused[1].Advice, "credit-card-number") {
		t.Errorf("an unknown type: %+v", checked.Refused)
	}
	var list struct{ Items []any }
	f.Want(t, "contoso/reader", "GET", contoso+"/policies", nil, 200, &list)
	if len(list.Items) != 0 || len(f.Log.Rows("contoso")) != 0 {
		t.Error("something was stored or recorded")
	}
	forced := applied{}
	f.Want(t, "contoso/admin", "POST", contoso+"/policies/apply", apitest.File(apitest.BlockPolicy, "force", true), 200, &forced)
	if !forced.Applied || len(forced.Findings) == 0 || last(f, "contoso").Detail["force"] != true {
		t.Errorf("forced: %+v", forced)
	}
}

// TestStory sees that a change which breaks another policy is stopped, though that one was not sent.

func TestStory(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	off := strings.Replace(apitest.RoutePolicy, "state: enabled", "state: disabled", 1)
	var p api.Problem
	f.Want(t, "contoso/admin", "POST", contoso+"/policies/apply", apitest.File(off), 422, &p)
	if len(p.Errors) == 0 || p.Errors[0].Document != "block-downloads" || p.Errors[0].Code != "session_not_routed" || p.Errors[0].Severity != "error" {
		t.Errorf("%+v", p.Errors)
	}
	var found struct{ Errors int }
	f.Want(t, "contoso/reader", "POST", contoso+"/policies/lint", apitest.File(off), 200, &found)
	if found.Errors == 0 {
		t.Error("the lint finds nothing")
	}
	f.Want(t, "contoso/reader", "POST", contoso+"/policies/lint", map[string]any{"files": []any{}}, 200, &found)
	if found.Errors != 0 {
		t.Error("the lint finds something in what is stored")
	}
}

// TestNotRecordedNotDone sees that a change whose intent can't be stored is not made.

func TestNotRecordedNotDone(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	f.Log.Deafen(fault.New(fault.Limited, "test", "the bus is full"))
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"POST", contoso + "/policies/apply", apitest.File(strings.Replace(apitest.BlockPolicy, "strict", "standard", 1))},
		{"DELETE", contoso + "/policies/block-downloads", nil},
		{"POST", contoso + "/policies/block-downloads/flip", map[string]any{}},
		{"GET", contoso + "/policies/block-downloads/report", nil},
		{"DELETE", contoso + "/apps/files", nil},
		{"POST", contoso + "/tokens", map[string]any{"name": "x", "role": "reader"}},
		{"GET", contoso + "/activities/export", nil},
		{"POST", contoso + "/exceptions", map[string]any{"user": "dora", "app": "onedrive", "policy": "block-downloads", "reason": "r", "expires": apitest.Monday.Add(time.Hour)}},
	} {
		f.Want(t, "contoso/admin", c.method, c.path, c.body, 503, nil)
	}
	f.Log.Deafen(nil)
	var got struct {
		Revision int64
		Phase    string
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/policies/block-downloads", nil, 200, &got)
	if got.Revision != 1 || got.Phase != "monitor" {
		t.Errorf("the policy is %+v", got)
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/apps/files", nil, 200, nil)
}

// TestDeletedAndBack sees that a policy which comes back after a deletion begins anew: in its monitor phase, with

// the next revision.

func TestDeletedAndBack(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/flip", map[string]any{"why": "now"}, 200, nil)
	f.Want(t, "contoso/operator", "DELETE", contoso+"/policies/block-downloads?comment=wrong", nil, 204, nil)
	f.Want(t, "contoso/reader", "GET", contoso+"/policies/block-downloads", nil, 404, nil)
	f.Clock.Advance(time.Hour)
	back := applied{}
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(apitest.BlockPolicy), 200, &back)
	if back.Documents[0].Change != "created" || back.Documents[0].Revision != 3 || back.Documents[0].Phase != "monitor" {
		t.Errorf("%+v", back)
	}
	var standing struct {
		Phase string
		Steps []any
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/policies/block-downloads/rollout", nil, 200, &standing)
	if standing.Phase != "monitor" || len(standing.Steps) != 3 {
		t.Errorf("rollout %+v", standing)
	}
}

// TestRollout goes the way of a policy: monitor, report, flip, back, confirm.

// TestRolloutAge: a status goes by one reading of the log for a minute and says so; reports and steps read it anew.

// TestUnreadable: stored documents that can't be decoded any more stop what goes by all rules, and neither their own

// deletion nor their replacement.

func TestUnreadable(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	var gone []policy.Revision
	for _, id := range []string{"old-one", "old-two"} {
		gone = append(gone, policy.Revision{Tenant: "contoso", ID: id, Number: 1, Kind: "SessionPolicy", Name: "Old", Text: []byte("kind: Forgotten\n"), Author: "somebody", Time: f.Clock.Now()})
	}
	mended := policy.Revision{Tenant: "contoso", ID: "block-downloads", Number: 2, Kind: "SessionPolicy", Name: "Block downloads", Text: []byte("\x00"), Author: "somebody", Time: f.Clock.Now()}
	if _, err := f.DB.PutDocuments(t.Context(), "contoso", append(gone, mended)); err != nil {
		t.Fatal(err)
	}
	block := apitest.File(apitest.BlockPolicy)
	if a := f.Want(t, "contoso/reader", "GET", contoso+"/policies", nil, 409, nil); !strings.Contains(string(a.Body), "block-downloads") {
		t.Errorf("it doesn't say which: %s", a.Body)
	}
	for _, id := range []string{"old-one", "old-two"} {
		if a := f.Want(t, "contoso/reader", "POST", contoso+"/policies/lint", map[string]any{"files": []any{}}, 409, nil); !strings.Contains(string(a.Body), id) {
			t.Errorf("it doesn't say all: %s", a.Body)
		}
		var s struct{ Warnings []string }
		f.Want(t, "contoso/reader", "GET", contoso+"/status", nil, 200, &s)
		if !strings.Contains(strings.Join(s.Warnings, "\n"), "policy "+id+" can't be put into force any more") {
			t.Errorf("status %q", s.Warnings)
		}
	}
	f.Want(t, "contoso/analyst", "POST", contoso+"/policies/replay", block, 409, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", block, 409, nil) // old-one and old-two would still stop it
	f.Want(t, "contoso/reader", "DELETE", contoso+"/policies/old-one", nil, 403, nil)
	f.Want(t, "fabrikam/operator", "DELETE", "/api/v2/tenants/fabrikam/policies/old-one", nil, 404, nil)
	f.Want(t, "contoso/operator", "DELETE", contoso+"/policies/old-one", nil, 204, nil)
	if act := last(f, "contoso"); act.Type != model.ActivityPolicyChange || len(act.Objects) != 1 || act.Objects[0].ID != "old-one" {
		t.Errorf("recorded as %+v", act)
	}
	f.Want(t, "contoso/operator", "DELETE", contoso+"/policies/old-one", nil, 404, nil)
	f.Want(t, "contoso/operator", "DELETE", contoso+"/policies/old-two", nil, 204, nil)
	var done struct {
		Documents []struct {
			Change   string
			Revision int64
			Phase    string
		}
	}
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", block, 200, &done)
	if len(done.Documents) != 1 || done.Documents[0].Change != "changed" || done.Documents[0].Revision != 3 || done.Documents[0].Phase != "monitor" {
		t.Errorf("replaced: %+v", done)
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/policies", nil, 200, nil)
	f.Want(t, "contoso/operator", "DELETE", contoso+"/policies/block-downloads", nil, 204, nil)
}

func TestReplay(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	f.Download(t, "contoso", "dora")
	var r struct {
		Seen, Replayed, Stricter, Looser int
		People                           []string
		Changes                          []struct{ Before, After, By string }
	}
	f.Clock.Advance(time.Minute)
	f.Want(t, "contoso/analyst", "POST", contoso+"/policies/replay", apitest.File(apitest.BlockPolicy), 200, &r)
	if r.Replayed != 1 || r.Stricter != 1 || len(r.People) != 1 || r.Changes[0].After != "block" || r.Changes[0].By != "block-downloads" {
		t.Errorf("%+v", r)
	}
	other := strings.NewReplacer("onedrive", "box", "block-downloads", "box").Replace(apitest.BlockPolicy)
	f.Want(t, "contoso/analyst", "POST", contoso+"/policies/replay", apitest.File(other), 200, &r)
	if r.Stricter != 0 && r.Looser != 0 {
		t.Errorf("about another app: %+v", r)
	}
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	ask := map[string]any{"user": "dora@contoso.example", "app": "onedrive", "policy": "block-downloads", "reason": "board meeting", "expires": apitest.Monday.Add(24 * time.Hour)}
	with := func(key string, v any) map[string]any {
		out := map[string]any{}
		for k, have := range ask {
			out[k] = have
		}
		out[key] = v
		return out
	}
	for name, b := range map[string]map[string]any{
		"unknown policy": with("policy", "nothing"), "ended already": with("expires", apitest.Monday), "too long": with("expires", apitest.Monday.Add(400*24*time.Hour)),
		"two people": with("group", "board"), "no reason": with("reason", " "), "no code": with("reference", "U"),
	} {
		if got := f.Do(t, "contoso/operator", "POST", contoso+"/exceptions", b); got.Status != 422 {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
	var e struct {
		ID, State, Approver string
		Live                bool
	}
	f.Want(t, "contoso/operator", "POST", contoso+"/exceptions", ask, 201, &e)
	if !e.Live || e.State != "approved" || e.Approver != "contoso operator" {
		t.Errorf("added %+v", e)
	}
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/flip", map[string]any{}, 200, nil)
	if a := f.Download(t, "contoso", "dora"); a.Taken == model.TakenBlock {
		t.Error("the exception lifts nothing")
	}
	if a := f.Download(t, "contoso", "carl"); a.Taken != model.TakenBlock {
		t.Error("the exception lifts it for everybody")
	}
	f.Want(t, "fabrikam/operator", "POST", "/api/v2/tenants/fabrikam/exceptions/"+e.ID+"/end", map[string]any{}, 404, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/exceptions/"+e.ID+"/end", map[string]any{"answer": "over"}, 200, &e)
	if e.Live || e.State != "ended" || last(f, "contoso").Type != model.ActivityExceptionChange {
		t.Errorf("ended %+v", e)
	}
	f.Want(t, "contoso/operator", "POST", contoso+"/exceptions/"+e.ID+"/approve", map[string]any{}, 409, nil)

	requested := f.Request(t, "contoso", "dora@contoso.example")
	f.Want(t, "contoso/operator", "POST", contoso+"/exceptions/"+requested+"/approve", map[string]any{"expires": apitest.Monday.Add(time.Hour)}, 200, &e)
	if !e.Live {
		t.Errorf("approved %+v", e)
	}
	refused := f.Request(t, "contoso", "carl@contoso.example")
	f.Want(t, "contoso/operator", "POST", contoso+"/exceptions/"+refused+"/refuse", map[string]any{"answer": "use the shared folder"}, 200, &e)
	own := f.Request(t, "contoso", "contoso operator") // whoever holds the token asks for himself
	f.Want(t, "contoso/operator", "POST", contoso+"/exceptions/"+own+"/approve", map[string]any{}, 403, nil)
	var list struct{ Items []struct{ ID string } }
	f.Want(t, "contoso/reader", "GET", contoso+"/exceptions?state=refused", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != refused {
		t.Errorf("refused are %+v", list)
	}
}

// TestNamesInCommands sees that a name from a provider never becomes part of a command that people copy.

// TestWhy explains a block, also when the policy has changed and when it is gone.

// TestRolloutInTheTenantsZone: working hours are those of the tenant, and so are the times that people read.
