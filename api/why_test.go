package api_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/replay"
)

// TestWhyExcepted: what an exception let pass says so, while it holds, after its time and after its end.
func TestWhyExcepted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after func(f *apitest.Fixture, id string)
		today string // the gate that applies today, "" when nothing has changed
		says  string
	}{
		"holds":   {func(*apitest.Fixture, string) {}, "", "approved by contoso operator"},
		"expired": {func(f *apitest.Fixture, _ string) { f.Clock.Advance(8 * 24 * time.Hour) }, "block", "expired on 2026-11-30 09:01 UTC"},
		"ended": {func(f *apitest.Fixture, id string) {
			f.Want(t, "contoso/operator", "POST", contoso+"/exceptions/"+id+"/end", map[string]any{"answer": "the trip is over"}, 200, nil)
		}, "block", "was ended before its time, on 2026-11-23 09:02 UTC by contoso operator: the trip is over"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := furnish(t)
			f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/flip", map[string]any{}, 200, nil)
			f.Clock.Advance(time.Minute)
			id := f.Request(t, "contoso", "dora@contoso.example")
			f.Want(t, "contoso/operator", "POST", contoso+"/exceptions/"+id+"/approve", map[string]any{}, 200, nil)
			f.Clock.Advance(time.Minute)
			a := f.Download(t, "contoso", "dora")
			if a.Taken != "" {
				t.Fatalf("it was stopped: %+v", a)
			}
			c.after(f, id)
			var w struct {
				why
				Exception *struct{ ID string }
			}
			f.Want(t, "contoso/analyst", "GET", contoso+"/why/"+string(a.ID), nil, 200, &w)
			if w.Exception == nil || w.Exception.ID != id || w.Then == nil || w.Then.Gate != "allow" {
				t.Errorf("%+v", w)
			}
			for _, part := range []string{"let through by exception " + id + " for dora@contoso.example from policy block-downloads", "exception " + id + " lifts its block", c.says} {
				if !strings.Contains(w.Text, part) {
					t.Errorf("the text lacks %q:\n%s", part, w.Text)
				}
			}
			if c.today == "" && w.Now != nil || c.today != "" && (w.Now == nil || w.Now.Gate != c.today) {
				t.Errorf("today: %+v\n%s", w.Now, w.Text)
			}
		})
	}
}

// TestStoredIsRefused: documents that were applied to an installation with more parts than today's are explained in
// words, can be mended, and are no defect.
func TestStoredIsRefused(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	a := f.Download(t, "contoso", "dora")
	stored := apitest.BlockPolicy + "inspection: malware\n"
	docs, problems := policy.Decode("p.yaml", []byte(stored))
	if len(problems) > 0 || len(docs) != 1 {
		t.Fatal(problems)
	}
	r := docs[0].Revise("contoso", 1, "somebody", "from an installation with a scanner")
	r.Time = f.Clock.Now()
	if _, err := f.DB.PutDocuments(t.Context(), "contoso", []policy.Revision{r}); err != nil {
		t.Fatal(err)
	}
	f.Clock.Advance(time.Minute)
	var s struct{ Warnings []string }
	f.Want(t, "contoso/reader", "GET", contoso+"/status", nil, 200, &s)
	if len(s.Warnings) == 0 || !strings.Contains(s.Warnings[0], "policy block-downloads can't be put into force") || !strings.Contains(s.Warnings[0], "no malware scanner is connected") {
		t.Errorf("status %q", s.Warnings)
	}
	var w why
	f.Want(t, "contoso/analyst", "GET", contoso+"/why/"+a.Reference, nil, 200, &w)
	if !strings.Contains(w.Text, "can't be put into force by this installation") || !strings.Contains(w.Text, "no malware scanner is connected") {
		t.Errorf("the text does not say why:\n%s", w.Text)
	}
	var of why
	// The same of an action that the refused document itself decided.
	later := a
	later.ID, later.Reference, later.Time, later.Policies = "", "", f.Clock.Now(), []model.PolicyRef{{ID: "block-downloads", Revision: 2}}
	if err := f.Log.Event(t.Context(), &later); err != nil {
		t.Fatal(err)
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/why/"+string(later.ID), nil, 200, &of)
	if of.Then != nil || !strings.Contains(of.Text, "can't be put into force by this installation") {
		t.Errorf("of a later one: %+v", of)
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/policies", nil, 200, nil)
	got := f.Want(t, "contoso/operator", "POST", contoso+"/policies/replay", apitest.File(apitest.RoutePolicy), 409, nil)
	for _, part := range []string{"block-downloads", "no malware scanner is connected", "change or delete"} {
		if !strings.Contains(string(got.Body), part) {
			t.Errorf("the answer lacks %q: %s", part, got.Body)
		}
	}
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(apitest.BlockPolicy), 200, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/replay", apitest.File(apitest.RoutePolicy), 200, nil)
}

// TestPartThatDoesNotAnswer: an engine's own words, with its paths and stack, stay in the log.
func TestPartThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	engine := errors.New("IO Error: /var/lib/referee/activity/contoso/2026-11.duckdb\nStack Trace: duckdb::Exception(0x7f)")
	for name, err := range map[string]error{
		"without words":   fault.As(engine, fault.Unavailable, "duckdb.Search", "/var/lib/referee/activity"),
		"wrapped":         fault.Wrap(fault.As(engine, fault.Unavailable, "duckdb.Search", "contoso"), "activitylog.Search", "x"),
		"with words":      &fault.Error{Kind: fault.Unavailable, Op: "duckdb.attach", Key: "/var/lib/referee/activity/contoso/2026-11.duckdb", Msg: "the month's file can't be read", Err: engine},
		"internal":        fault.As(engine, fault.Internal, "duckdb.Search", "contoso"),
		"of another kind": engine,
	} {
		f := furnish(t)
		f.Log.Blind(err)
		got := f.Do(t, "contoso/analyst", "GET", contoso+"/activities", nil)
		if got.Status < 500 || strings.Contains(string(got.Body), "/var/lib") || strings.Contains(string(got.Body), "Stack") || strings.Contains(string(got.Body), "IO Error") {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
		if !strings.Contains(f.Logged(), "2026-11.duckdb") {
			t.Errorf("%s: the log does not say what happened: %s", name, f.Logged())
		}
		if name == "with words" && !strings.Contains(string(got.Body), "the month's file can't be read") {
			t.Errorf("%s: %s", name, got.Body)
		}
	}
}

// TestWhyOfStepUp: what was asked, what the person did and when, and what went on with it.
func TestWhyOfStepUp(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	confirm := model.PolicyRef{ID: "confirm", Name: "Confirm downloads", Revision: 1}
	at := func(id model.TenantID, change func(*model.Activity)) model.Activity {
		t.Helper()
		f.Clock.Advance(time.Minute)
		a := model.Activity{
			Tenant: id, Time: f.Clock.Now(), Source: model.SourceSession, Type: model.ActivityDownload, Session: "s-1", Revision: 1,
			App: model.AppRef{Key: "onedrive", Instance: "files"}, User: model.User{ID: "dora", Username: "dora@contoso.example"}, Policies: []model.PolicyRef{confirm},
		}
		change(&a)
		if err := f.Log.Event(t.Context(), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	asked := at("contoso", func(a *model.Activity) { a.Taken, a.Outcome = model.TakenVerify, model.OutcomeBlocked })
	get := func(a *model.Activity) (w struct {
		why
		StepUp *struct {
			Asked    []string
			Passed   bool
			Attempts []struct {
				At     time.Time
				Passed bool
				Reason string
			}
		}
	},
	) {
		t.Helper()
		f.Want(t, "contoso/analyst", "GET", contoso+"/why/"+a.Reference, nil, 200, &w)
		return w
	}
	if w := get(&asked); w.StepUp == nil || w.StepUp.Passed || len(w.StepUp.Attempts) != 0 || !strings.Contains(w.Text, "nothing that the person did for it is on record") {
		t.Errorf("before: %+v\n%s", w.StepUp, w.Text)
	}
	attempt := func(id model.TenantID, session model.SessionID, ref, action, reason string) model.Activity {
		return at(id, func(a *model.Activity) {
			a.Source, a.Type, a.Session, a.ActionType, a.Reason = model.SourceAccess, model.ActivityStepUp, session, action, reason
			a.Objects = []model.Object{{Type: "blockedAction", ID: ref}}
		})
	}
	attempt("fabrikam", "s-1", asked.Reference, "StrongAuthenticationSucceeded", "another tenant's")
	attempt("contoso", "s-2", asked.Reference, "StrongAuthenticationSucceeded", "another session's")
	attempt("contoso", "s-1", "OTHER", "StrongAuthenticationFailed", "another action's")
	failed := attempt("contoso", "s-1", asked.Reference, "StrongAuthenticationFailed", "the code is wrong")
	if w := get(&asked); w.StepUp.Passed || len(w.StepUp.Attempts) != 1 || w.StepUp.Attempts[0].Passed || !w.StepUp.Attempts[0].At.Equal(failed.Time) {
		t.Errorf("after a wrong code: %+v", w.StepUp)
	}
	attempt("contoso", "s-1", asked.Reference, "StrongAuthenticationSucceeded", "authenticationContext=c1 by totp")
	w := get(&asked)
	if !w.StepUp.Passed || len(w.StepUp.Attempts) != 2 {
		t.Errorf("after it: %+v", w.StepUp)
	}
	for _, part := range []string{"Step-up\n", "failed on ", "the code is wrong", "passed on ", "authenticationContext=c1 by totp"} {
		if !strings.Contains(w.Text, part) {
			t.Errorf("the text lacks %q:\n%s", part, w.Text)
		}
	}
	passed := at("contoso", func(a *model.Activity) {
		a.Taken = model.TakenVerified
		in := policy.Input{Stage: policy.StageActivity, Satisfied: []string{"stepUp:authenticationContext=c1", "override:x"}}
		replay.Remember(&in, a)
	})
	if w := get(&passed); w.StepUp == nil || !w.StepUp.Passed || len(w.StepUp.Asked) != 1 || w.StepUp.Asked[0] != "authenticationContext=c1" || len(w.StepUp.Attempts) != 1 || !w.StepUp.Attempts[0].Passed {
		t.Errorf("of what went on: %+v", w.StepUp)
	}
	plain := at("contoso", func(a *model.Activity) { a.Taken = model.TakenAudit })
	if w := get(&plain); w.StepUp != nil {
		t.Errorf("of an action that none was asked for: %+v", w.StepUp)
	}
}

// TestWhyABlockedProgram: a program that is no browser is blocked where a policy asks for the gateway, and the record
// says so rather than that something was decided since.
func TestWhyABlockedProgram(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(`kind: ConditionalAccess
id: route
name: Through the gateway
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [box]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`, "force", true), 200, nil)
	f.Clock.Advance(time.Minute)
	in := policy.Input{
		Now: f.Clock.Now(), Tenant: "contoso", Stage: policy.StageSignIn, App: model.AppRef{Key: "box"}, ClientApp: model.ClientNative,
		User: model.User{ID: "dora", Username: "dora@contoso.example"},
	}
	a := model.Activity{
		Tenant: "contoso", Time: in.Now, Source: model.SourceAccess, Type: model.ActivityAccess, App: in.App, User: in.User, Revision: 1,
		ActionType: "AccessBlocked", Taken: model.TakenBlock, Outcome: model.OutcomeBlocked,
	}
	replay.Remember(&in, &a)
	if err := f.Log.Event(t.Context(), &a); err != nil {
		t.Fatal(err)
	}
	var w why
	f.Want(t, "contoso/analyst", "GET", contoso+"/why/"+a.Reference, nil, 200, &w)
	if w.Then == nil || w.Then.Gate != "block" || w.Then.By != "route" || len(w.Changes) > 0 || !strings.Contains(w.Text, "a browser would get further") {
		t.Errorf("%+v, changes %q\n%s", w.Then, w.Changes, w.Text)
	}
}
