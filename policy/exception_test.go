package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func asked() Exception {
	return Exception{
		ID: "ex-1", Tenant: "contoso", User: "director@contoso.com", App: "onedrive", Policy: "p", Reason: "board meeting",
		State: ExceptionRequested, Requester: "director@contoso.com", Requested: noon, Expires: noon.Add(24 * time.Hour), Version: 1,
	}
}

func TestExceptionValidate(t *testing.T) {
	t.Parallel()
	if e := asked(); e.Validate() != nil {
		t.Fatal(e.Validate())
	}
	for part, change := range map[string]func(*Exception){
		"id":             func(e *Exception) { e.ID = "" },
		"a user or":      func(e *Exception) { e.User = "" },
		"user or a":      func(e *Exception) { e.Group = "board" },
		"app":            func(e *Exception) { e.App = "" },
		"policy":         func(e *Exception) { e.Policy = "" },
		"reason":         func(e *Exception) { e.Reason = " \n" },
		"who asks":       func(e *Exception) { e.Requester = "" },
		"always ends":    func(e *Exception) { e.Expires = time.Time{} },
		"before it was":  func(e *Exception) { e.Expires = noon },
		"longer than":    func(e *Exception) { e.Expires = noon.Add(MaxExceptionTime + time.Second) },
		"who approved":   func(e *Exception) { e.State = ExceptionApproved },
		"not a state":    func(e *Exception) { e.State = "granted" },
		"lower-case let": func(e *Exception) { e.Tenant = "Contoso Ltd" },
	} {
		e := asked()
		change(&e)
		if err := e.Validate(); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("want a complaint with %q, got %v", part, err)
		}
	}
}

func TestExceptionStates(t *testing.T) {
	t.Parallel()
	e := asked()
	for name, by := range map[string]string{"himself": "Director@Contoso.com", "nobody": ""} {
		if _, err := e.Approve(by, time.Time{}, noon); err == nil {
			t.Errorf("%s could approve", name)
		}
	}
	if _, err := e.Approve("admin", noon.Add(-time.Hour), noon); !fault.Is(err, fault.Invalid) {
		t.Errorf("approving what has expired gives %v", err)
	}
	if _, err := e.Approve("admin", time.Time{}, noon.Add(48*time.Hour)); !fault.Is(err, fault.Invalid) {
		t.Errorf("approving too late gives %v", err)
	}
	if _, err := e.End("admin", "", noon); !fault.Is(err, fault.Conflict) {
		t.Errorf("ending a request gives %v", err)
	}
	yes, err := e.Approve("admin", noon.Add(2*time.Hour), noon.Add(time.Hour))
	if err != nil || yes.State != ExceptionApproved || yes.Version != 2 || yes.Approver != "admin" || !yes.Expires.Equal(noon.Add(2*time.Hour)) {
		t.Fatalf("approved as %+v, %v", yes, err)
	}
	if e.State != ExceptionRequested || e.Version != 1 {
		t.Error("approving changed the request itself")
	}
	for at, live := range map[time.Duration]bool{0: false, time.Hour: true, 2*time.Hour - 1: true, 2 * time.Hour: false} {
		if yes.Live(noon.Add(at)) != live {
			t.Errorf("after %s it is live: %t", at, !live)
		}
	}
	if _, err := yes.Refuse("admin", "", noon); !fault.Is(err, fault.Conflict) {
		t.Errorf("refusing what was approved gives %v", err)
	}
	ended, err := yes.End("admin", "trip is over", noon.Add(90*time.Minute))
	if err != nil || ended.Live(noon.Add(100*time.Minute)) || ended.Version != 3 {
		t.Errorf("ended as %+v, %v", ended, err)
	}
	no, err := e.Refuse("admin", "use the laptop", noon)
	if err != nil || no.State != ExceptionRefused || no.Live(noon) || no.Answer != "use the laptop" {
		t.Errorf("refused as %+v, %v", no, err)
	}
}

func TestExceptionCovers(t *testing.T) {
	t.Parallel()
	e := asked()
	e.State, e.Approver, e.Decided = ExceptionApproved, "admin", noon
	input := func() *Input {
		return &Input{
			Now: noon, App: model.AppRef{Key: "onedrive", Instance: "files"}, Suite: "office365",
			User: model.User{ID: "8d5e", Username: "Director@contoso.com", Groups: []model.GroupID{"staff", "board"}},
		}
	}
	for name, c := range map[string]struct {
		change func(*Exception, *Input)
		want   bool
	}{
		"sign-in name":     {func(*Exception, *Input) {}, true},
		"user id":          {func(e *Exception, _ *Input) { e.User = "8d5e" }, true},
		"another person":   {func(_ *Exception, in *Input) { in.User.Username = "anna@contoso.com" }, false},
		"suite":            {func(e *Exception, _ *Input) { e.App = "office365" }, true},
		"instance":         {func(e *Exception, _ *Input) { e.App = "files" }, true},
		"another app":      {func(e *Exception, _ *Input) { e.App = "sharepoint" }, false},
		"no suite":         {func(e *Exception, in *Input) { e.App, in.Suite = "", "" }, false},
		"group":            {func(e *Exception, _ *Input) { e.User, e.Group = "", "board" }, true},
		"another group":    {func(e *Exception, _ *Input) { e.User, e.Group = "", "sales" }, false},
		"nobody signed in": {func(e *Exception, in *Input) { e.User, e.Group, in.User = "", "board", model.User{} }, false},
		"over":             {func(e *Exception, in *Input) { in.Now = e.Expires }, false},
	} {
		e, in := e, input()
		c.change(&e, in)
		if e.covers(in) != c.want {
			t.Errorf("%s: covers %t", name, !c.want)
		}
	}
}

// TestLiftable: what may stop somebody can be excepted from, the built-in policy that blocks downloads included.
func TestLiftable(t *testing.T) {
	t.Parallel()
	const access = "kind: ConditionalAccess\nname: P\nconditions:\n  users: {includeUsers: [All]}\n  applications: {includeApplications: [All]}\n"
	for id, want := range map[string]struct {
		text string
		yes  bool
	}{
		"blocks":         {access + "id: blocks\ngrantControls: {builtInControls: [block]}\n", true},
		"managed":        {access + "id: managed\ngrantControls: {builtInControls: [compliantDevice]}\n", true},
		"routes":         {access + "id: routes\nsessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}\n", false},
		BlockDownloadsID: {access + "id: other\nsessionControls: {cloudAppSecurity: {cloudAppSecurityType: blockDownloads}}\n", true},
	} {
		docs, problems := Decode("p.yaml", []byte(want.text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		lifted := asked()
		lifted.Policy, lifted.State, lifted.Approver, lifted.Decided = id, ExceptionApproved, "admin", noon
		b, problems := Compile(docs, Options{Tenant: "contoso", Exceptions: []Exception{lifted}})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		p := b.Policy(id)
		if p.Liftable() != want.yes {
			t.Errorf("%s: %v", id, p.Liftable())
		}
		in := &Input{
			Now: noon, Tenant: "contoso", Stage: p.stage, User: model.User{Username: "director@contoso.com"}, App: model.AppRef{Key: "onedrive"},
			DeviceState: filter.Known, Activity: model.ActivityDownload, Control: controlBlockDownloads,
		}
		var v Verdict
		b.Decide(in, &v)
		if v.Gate != GateAllow || want.yes != (v.Excepted == "ex-1") {
			t.Errorf("%s: %v, excepted %q", id, v.Gate, v.Excepted)
		}
		in.User.Username = "employee@contoso.com"
		if b.Decide(in, &v); want.yes != (v.Gate == GateBlock) || v.Excepted != "" {
			t.Errorf("%s for somebody else: %v, excepted %q", id, v.Gate, v.Excepted)
		}
	}
	if (*Policy)(nil).Liftable() {
		t.Error("a default that no policy made")
	}
}
