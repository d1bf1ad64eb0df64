package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/access"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
)

const clientDocs = `
kind: ConditionalAccess
id: route
name: Route
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [onedrive]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
---
kind: ConditionalAccess
id: context
name: Context
conditions:
  users: {includeUsers: [All]}
  applications: {includeAuthenticationContextClassReferences: [c1]}
grantControls: {authenticationStrength: {id: phishingResistant}}
---
kind: ConditionalAccess
id: register
name: Register at the office only
conditions:
  users: {includeUsers: [All]}
  applications: {includeUserActions: ["urn:user:registersecurityinfo"]}
  locations: {includeLocations: [All], excludeLocations: [Office]}
grantControls: {builtInControls: [block]}
---
kind: AccessPolicy
id: to-browser
name: Use a browser
activities: {app: {eq: box}, clientApp: {eq: native}}
action: useBrowser
message: Please open **{{app}}** in your browser.
---
kind: AccessPolicy
id: native-blocked
name: No native clients
activities: {app: {eq: dropbox}, clientApp: {eq: native}}
action: block
---
kind: AccessPolicy
id: native-watched
name: Native clients are logged
activities: {app: {eq: slack}, clientApp: {eq: native}}
action: test
`

func evaluator(t *testing.T) (*access.Evaluator, time.Time) {
	t.Helper()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	docs, problems := policy.Decode("", []byte(clientDocs))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	book, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Capabilities: policy.Capabilities{StepUp: true}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return access.New(oneBook{book}, func(model.Network) filter.State { return filter.Known }, func() time.Time { return now }), now
}

type oneBook struct{ book *policy.Book }

func (o oneBook) Book(tenant model.TenantID) (*policy.Book, bool) { return o.book, tenant == "contoso" }

// TestNativeClients has each way to treat a program that is no browser.
func TestNativeClients(t *testing.T) {
	t.Parallel()
	e, _ := evaluator(t)
	for _, c := range []struct {
		name, app, agent string
		gate             policy.Gate
		by               string
		useBrowser       bool
	}{
		{"sent to the browser by a policy", "box", "Native client", policy.GateBlock, "to-browser", true},
		{"sent to the browser for the gateway's sake", "onedrive", "native client", policy.GateBlock, "route", true},
		{"blocked", "dropbox", "Native client", policy.GateBlock, "native-blocked", false},
		{"allowed and logged", "slack", "Native client", policy.GateAllow, "", false},
		{"a browser at the same app", "box", "", policy.GateAllow, "", false},
		{"a browser through the gateway", "onedrive", "Robot", policy.GateAllow, "", false},
	} {
		s := session.Session{ID: "s", Tenant: "contoso", User: model.User{ID: "u"}}
		if c.agent != "" {
			s.Agent.Tags = []string{c.agent}
		}
		var v policy.Verdict
		if _, err := e.Evaluate(t.Context(), s, catalog.Instance{ID: "i", App: c.app}, model.ClientBrowser, &v); err != nil {
			t.Fatal(err)
		}
		by := ""
		if v.Blocker != nil {
			by = v.Blocker.ID
		}
		if v.Gate != c.gate || by != c.by || v.UseBrowser != c.useBrowser {
			t.Errorf("%s: %s by %q, use a browser: %t", c.name, v.Gate, by, v.UseBrowser)
		}
	}
}

func TestContextsAndUserActions(t *testing.T) {
	t.Parallel()
	e, now := evaluator(t)
	s := session.Session{ID: "s", Tenant: "contoso", User: model.User{ID: "u"}, Auth: model.Authentication{Time: now.Add(-time.Hour)}}
	inst := catalog.Instance{ID: "i", App: "slack"}
	var v policy.Verdict
	ask := func(context string) string {
		if _, err := e.EvaluateContext(t.Context(), s, inst, model.ClientBrowser, context, &v); err != nil {
			t.Fatal(err)
		}
		var steps []string
		for _, st := range v.Steps {
			steps = append(steps, st.Key())
		}
		return v.Gate.String() + " " + strings.Join(steps, ",")
	}
	if got := ask("c1"); got != "requireStepUp authenticationStrength=phishingResistant" {
		t.Errorf("c1 asks for %q", got)
	}
	if got := ask("c2"); got != "allow " {
		t.Errorf("c2, which no policy is about, asks for %q", got)
	}
	s.Auth.Steps = []model.Satisfaction{{Kind: model.StepStrength, Value: policy.StrengthPhishingResistant, At: now.Add(-time.Minute), By: "passkey"}}
	if got := ask("c1"); got != "allow " {
		t.Errorf("c1, met, asks for %q", got)
	}
	for place, want := range map[string]policy.Gate{"Home": policy.GateBlock, "Office": policy.GateAllow} {
		s.Network.Locations = []string{place}
		if _, err := e.EvaluateAction(t.Context(), s, policy.ActionRegisterSecurityInfo, &v); err != nil || v.Gate != want {
			t.Errorf("registering at %s: %s, %v", place, v.Gate, err)
		}
	}
	s.Tenant = "fabrikam"
	if _, err := e.EvaluateContext(t.Context(), s, inst, model.ClientBrowser, "c1", &v); err == nil {
		t.Error("a tenant without rules is let in")
	}
	if _, err := e.EvaluateAction(t.Context(), s, policy.ActionRegisterDevice, &v); err == nil {
		t.Error("a tenant without rules is let register")
	}
}
