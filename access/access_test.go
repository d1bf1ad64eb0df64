package access_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/access"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/replay"
	"github.com/referee-casb/referee/session"
)

var now = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// documents by name; a case lists those that apply.
var documents = map[string]string{
	"route": `
kind: ConditionalAccess
id: route
name: Route
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [office365]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`,
	"route-unmanaged": `
kind: ConditionalAccess
id: route-unmanaged
name: Route unmanaged
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
  clientAppTypes: [browser]
  devices: {deviceFilter: {mode: include, tags: [unmanaged]}}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: blockDownloads}}
`,
	"block-contractors": `
kind: ConditionalAccess
id: block-contractors
name: Contractors stay out
conditions:
  users: {includeGroups: [Contractors]}
  applications: {includeApplications: [All]}
grantControls: {builtInControls: [block]}
`,
	"block-abroad": `
kind: ConditionalAccess
id: block-abroad
name: Block abroad
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
  locations: {includeLocations: [All], excludeCountries: [DK]}
grantControls: {builtInControls: [block]}
`,
	"block-unmanaged": `
kind: ConditionalAccess
id: block-unmanaged
name: Managed devices alone
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
  devices: {deviceFilter: {mode: include, tags: [unmanaged]}}
grantControls: {builtInControls: [block]}
`,
	"report-only": `
kind: ConditionalAccess
id: report-only
name: Would block
state: reportOnly
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
grantControls: {builtInControls: [block]}
`,
	"robots": `
kind: AccessPolicy
id: robots
name: Block robots
activities: {userAgent.tags: {eq: Robot}}
action: block
unscannable: allow
message: No robots.
nextStep: Use a browser.
`,
	"native": `
kind: AccessPolicy
id: native
name: Audit everything
activities: {app: {eq: onedrive}}
action: audit
`,
}

type books struct {
	t     *testing.T
	docs  []string // names
	texts []string // documents themselves
	none  bool
}

func (b books) Book(model.TenantID) (*policy.Book, bool) {
	b.t.Helper()
	if b.none {
		return nil, false
	}
	texts := b.texts
	for _, name := range b.docs {
		texts = append(texts, documents[name])
	}
	docs, problems := policy.Decode("test.yaml", []byte(strings.Join(texts, "---")))
	if len(problems) > 0 {
		b.t.Fatal(problems)
	}
	book, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Epoch: 1})
	if len(problems) > 0 {
		b.t.Fatal(problems)
	}
	return book, true
}

func proof(tag model.DeviceTag, at, expires time.Duration) model.Proof {
	return model.Proof{Tag: tag, Kind: "client-certificate", At: now.Add(at), Expires: now.Add(expires)}
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	managed, unmanaged := proof(model.TagValidClientCertificate, -time.Minute, time.Minute), proof(model.TagUnmanaged, -time.Minute, time.Minute)
	type want struct {
		gate    policy.Gate
		duties  policy.Duty
		control string
		need    model.NeedKind
		blocker string
		ids     string // of the deciding policies
		monitor string
		stage   policy.Stage // of the input that is kept
	}
	for name, c := range map[string]struct {
		docs   []string
		change func(*session.Session)
		client model.ClientApp
		app    string
		geo    filter.State
		want   want
	}{
		"no policy":              {want: want{gate: policy.GateAllow}},
		"another app":            {docs: []string{"route"}, app: "salesforce", want: want{gate: policy.GateAllow}},
		"part of the suite":      {docs: []string{"route"}, want: want{gate: policy.GateAllow, duties: policy.DutyRoute, control: "mcasConfigured", ids: "route"}},
		"block beats route":      {docs: []string{"route", "block-contractors"}, change: func(s *session.Session) { s.User.Groups = []model.GroupID{"Contractors"} }, want: want{gate: policy.GateBlock, blocker: "block-contractors"}},
		"block of another group": {docs: []string{"route", "block-contractors"}, want: want{gate: policy.GateAllow, duties: policy.DutyRoute, control: "mcasConfigured", ids: "route"}},
		"device never asked":     {docs: []string{"block-unmanaged"}, want: want{gate: policy.GateBlock, need: model.NeedDeviceProof}},
		"device can't be asked":  {docs: []string{"block-unmanaged"}, change: func(s *session.Session) { s.Proofs = []model.Proof{proof(model.TagUnknown, -time.Minute, time.Minute)} }, want: want{gate: policy.GateBlock, blocker: "block-unmanaged", ids: "block-unmanaged"}},
		"device managed":         {docs: []string{"block-unmanaged"}, change: func(s *session.Session) { s.Proofs = []model.Proof{managed} }, want: want{gate: policy.GateAllow}},
		"device showed nothing":  {docs: []string{"block-unmanaged"}, change: func(s *session.Session) { s.Proofs = []model.Proof{unmanaged} }, want: want{gate: policy.GateBlock, blocker: "block-unmanaged", ids: "block-unmanaged"}},
		"proof has ended": {docs: []string{"block-unmanaged"}, change: func(s *session.Session) {
			s.Proofs = []model.Proof{proof(model.TagValidClientCertificate, -time.Hour, -time.Second)}
		}, want: want{gate: policy.GateBlock, need: model.NeedDeviceProof}},
		"proof from the future": {docs: []string{"block-unmanaged"}, change: func(s *session.Session) {
			s.Proofs = []model.Proof{proof(model.TagValidClientCertificate, time.Hour, 2*time.Hour)}
		}, want: want{gate: policy.GateBlock, need: model.NeedDeviceProof}},
		"device does not matter":      {docs: []string{"route"}, want: want{gate: policy.GateAllow, duties: policy.DutyRoute, control: "mcasConfigured", ids: "route"}},
		"strictest control":           {docs: []string{"route", "route-unmanaged"}, change: func(s *session.Session) { s.Proofs = []model.Proof{unmanaged} }, want: want{gate: policy.GateAllow, duties: policy.DutyRoute, control: "blockDownloads", ids: "route route-unmanaged"}},
		"country known":               {docs: []string{"block-abroad"}, geo: filter.Known, want: want{gate: policy.GateAllow}},
		"country abroad":              {docs: []string{"block-abroad"}, geo: filter.Known, change: func(s *session.Session) { s.Network.Country = "FR" }, want: want{gate: policy.GateBlock, blocker: "block-abroad", ids: "block-abroad"}},
		"country unobtainable":        {docs: []string{"block-abroad"}, geo: filter.Unobtainable, change: func(s *session.Session) { s.Network.Country = "" }, want: want{gate: policy.GateBlock, blocker: "block-abroad", ids: "block-abroad"}},
		"report-only":                 {docs: []string{"report-only"}, want: want{gate: policy.GateAllow, monitor: "report-only"}},
		"access policy is stricter":   {docs: []string{"route", "robots"}, change: func(s *session.Session) { s.Agent.Tags = []string{"Robot"} }, want: want{gate: policy.GateBlock, duties: policy.DutyAudit, blocker: "robots", ids: "robots route", stage: policy.StageAccess}},
		"access policy does not care": {docs: []string{"route", "robots"}, want: want{gate: policy.GateAllow, duties: policy.DutyRoute, control: "mcasConfigured", ids: "route"}},
		"duties of both":              {docs: []string{"route", "native"}, want: want{gate: policy.GateAllow, duties: policy.DutyRoute | policy.DutyAudit, control: "mcasConfigured", ids: "native route"}},
		"monitored of both":           {docs: []string{"report-only", "native"}, want: want{gate: policy.GateAllow, duties: policy.DutyAudit, ids: "native", monitor: "report-only"}},
		"native client, routed":       {docs: []string{"route"}, client: model.ClientNative, want: want{gate: policy.GateBlock, blocker: "route", ids: "route"}},
		"native client, not routed":   {docs: []string{"route-unmanaged"}, client: model.ClientNative, want: want{gate: policy.GateAllow}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := session.Session{
				ID: "s1", Tenant: "contoso", User: model.User{ID: "u1", Username: "director@contoso.example", Groups: []model.GroupID{"Directors"}},
				Network: model.Network{Address: netip.MustParseAddr("192.0.2.1"), Country: "DK"},
			}
			if c.change != nil {
				c.change(&s)
			}
			if c.client == "" {
				c.client = model.ClientBrowser
			}
			if c.app == "" {
				c.app = "onedrive"
			}
			if c.want.stage == 0 {
				c.want.stage = policy.StageSignIn
			}
			if c.geo == 0 {
				c.geo = filter.Known
			}
			inst := catalog.Instance{ID: "files", Tenant: "contoso", App: c.app, Route: model.RouteSSO}
			e := access.New(books{t: t, docs: c.docs}, func(n model.Network) filter.State { return c.geo }, func() time.Time { return now })
			v := policy.Verdict{Gate: policy.GateBlock, Blocker: &policy.Policy{}, N: 3} // what was there before means nothing
			in, err := e.Evaluate(t.Context(), s, inst, c.client, &v)
			if err != nil {
				t.Fatal(err)
			}
			if v.Gate != c.want.gate || v.Duties != c.want.duties || v.Control != c.want.control {
				t.Errorf("gate %v duties %b control %q, want %v %b %q", v.Gate, v.Duties, v.Control, c.want.gate, c.want.duties, c.want.control)
			}
			if v.Open() != (c.want.need != "") || v.Open() && v.Needs[0].Kind != c.want.need {
				t.Errorf("needs %+v, want %q", v.Needs, c.want.need)
			}
			if got := id(v.Blocker); !v.Open() && got != c.want.blocker {
				t.Errorf("blocker %q, want %q", got, c.want.blocker)
			}
			if got := ids(v.Deciding[:v.N]); c.want.ids != "" && got != c.want.ids {
				t.Errorf("deciding %q, want %q", got, c.want.ids)
			}
			if got := ids(v.Monitored[:v.M]); got != c.want.monitor {
				t.Errorf("monitored %q, want %q", got, c.want.monitor)
			}
			if !v.Open() && in.Stage != c.want.stage {
				t.Errorf("stage %v, want %v", in.Stage, c.want.stage)
			}
			again(t, books{t: t, docs: c.docs}, in, c.want.gate)
		})
	}
}

// again decides what is kept of a decision once more: the record explains the gate.
func again(t *testing.T, b books, in policy.Input, gate policy.Gate) {
	t.Helper()
	a := model.Activity{
		Tenant: in.Tenant, Time: in.Now, Type: model.ActivityAccess, Source: model.SourceAccess, App: in.App, User: in.User, Network: in.Network, Agent: in.Agent,
		Device: model.ActivityDevice{Tags: in.Device},
	}
	replay.Remember(&in, &a)
	var kept policy.Input
	if !replay.Input(&a, &kept, nil) {
		t.Fatal("the record can't be explained")
	}
	book, _ := b.Book("contoso")
	var v policy.Verdict
	book.Settle(&kept, &v)
	if v.Gate != gate {
		t.Errorf("the record gives gate %v, the decision was %v", v.Gate, gate)
	}
}

func id(p *policy.Policy) string {
	if p == nil {
		return ""
	}
	return p.ID
}

func ids(list []*policy.Policy) string {
	var out []string
	for _, p := range list {
		out = append(out, p.ID)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestNoBook: no rules is not the same as no restriction.
func TestNoBook(t *testing.T) {
	t.Parallel()
	e := access.New(books{t: t, none: true}, func(model.Network) filter.State { return filter.Known }, func() time.Time { return now })
	var v policy.Verdict
	if _, err := e.Evaluate(t.Context(), session.Session{Tenant: "contoso"}, catalog.Instance{}, model.ClientBrowser, &v); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without a rule book: %v", err)
	}
}

// TestManyPolicies: a verdict names as many policies as it has room for, and never more.
func TestManyPolicies(t *testing.T) {
	t.Parallel()
	var docs []string
	for i := range 3 * policy.MaxDeciding {
		name := "many-" + string(rune('a'+i))
		kind := strings.ReplaceAll(documents["route"], "id: route", "id: "+name)
		if i%2 == 1 {
			kind = strings.ReplaceAll(documents["native"], "id: native", "id: "+name)
		}
		docs = append(docs, kind)
	}
	e := access.New(books{t: t, texts: docs}, func(model.Network) filter.State { return filter.Known }, func() time.Time { return now })
	var v policy.Verdict
	if _, err := e.Evaluate(t.Context(), session.Session{Tenant: "contoso", User: model.User{ID: "u"}}, catalog.Instance{App: "onedrive"}, model.ClientBrowser, &v); err != nil {
		t.Fatal(err)
	}
	if v.N != policy.MaxDeciding || !v.Duties.Has(policy.DutyRoute|policy.DutyAudit) {
		t.Errorf("%d policies, duties %b", v.N, v.Duties)
	}
}
