package policy

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// The tests of this file make random documents and random facts, and hold what must be true of any of them.

var (
	someApps   = []string{"onedrive", "sharepoint", "box", "office365", "files"}
	someGroups = []string{"staff", "board", "guests"}
)

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func randomDocs(r *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("---\n")
		if r.IntN(3) == 0 {
			randomAccess(&b, r, i)
		} else {
			randomSession(&b, r, i)
		}
	}
	return b.String()
}

func randomAccess(b *strings.Builder, r *rand.Rand, i int) {
	fmt.Fprintf(b, "kind: ConditionalAccess\nid: p%d\nname: P\nstate: %s\nconditions:\n", i, pick(r, "enabled", "enabled", "reportOnly"))
	fmt.Fprintf(b, "  users: {%s}\n", pick(r, "includeUsers: [All]", "includeGroups: [staff]", "includeUsers: [u1, GuestsOrExternalUsers], excludeGroups: [board]"))
	fmt.Fprintf(b, "  applications: {includeApplications: [%s]}\n", pick(r, "All", "onedrive", "office365", "files", "box, sharepoint"))
	b.WriteString(pick(r, "", "  clientAppTypes: [browser]\n"))
	b.WriteString(pick(r, "", "  locations: {includeCountries: [US, DE]}\n", "  locations: {includeLocations: [All], excludeCountries: [DK]}\n"))
	b.WriteString(pick(r, "", "  devices: {deviceFilter: {mode: include, tags: [unmanaged]}}\n",
		"  devices: {deviceFilter: {mode: exclude, tags: [compliant]}, deviceUnknown: unknown}\n",
		"  devices: {deviceFilter: {mode: exclude, rule: device.isCompliant -eq True -or device.trustType -eq \"ServerAD\"}}\n",
		"  devices: {deviceFilter: {mode: include, rule: device.model -ne \"Surface\"}, deviceUnknown: managed}\n"))
	b.WriteString(pick(r, "", "", "  platforms: {includePlatforms: [all], excludePlatforms: [linux]}\n", "  signInRiskLevels: [medium, high]\n", "  userRiskLevels: [high]\n"))
	b.WriteString(pick(r, "grantControls: {builtInControls: [block]}\n", "grantControls: {operator: OR, builtInControls: [mfa, compliantDevice]}\n",
		"grantControls: {operator: AND, builtInControls: [mfa, domainJoinedDevice]}\n", "grantControls: {builtInControls: [mfa]}\n",
		"sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}\n",
		"sessionControls: {cloudAppSecurity: {cloudAppSecurityType: blockDownloads}}\n",
		"grantControls: {operator: OR, builtInControls: [compliantDevice], termsOfUse: [t1]}\n",
		"grantControls: {authenticationStrength: {id: phishingResistant}}\nsessionControls: {signInFrequency: {value: 1, type: days}}\n",
		"sessionControls: {signInFrequency: {frequencyInterval: everyTime}}\n"))
	b.WriteString(pick(r, "", "unscannable: allow\n"))
}

func randomSession(b *strings.Builder, r *rand.Rand, i int) {
	fmt.Fprintf(b, "kind: SessionPolicy\nid: p%d\nname: P\n", i)
	conds := []string{
		pick(r, "app: {eq: onedrive}", "app: {eq: [box, office365]}", "app: {neq: box}", "instance: {eq: files}", "user.groups: {eq: [staff, board]}", "user.id: {eq: u1}"),
		pick(r, "user.external: {eq: false}", "device.tags: {eq: unmanaged}", "location.country: {neq: DK}", "any: [{device.tags: {eq: compliant}}, {location.country: {eq: US}}]"),
	}
	control := pick(r, "controlFileDownload", "controlFileUpload", "blockActivities")
	if control == "blockActivities" {
		conds = append(conds, "activity.type: {eq: [print, share]}")
	} else {
		b.WriteString(pick(r, "", "files: {fileSize: {gt: 1000}}\n", "files: {fileLabels: {eq: secret}}\n", "files: {not: {extension: {eq: txt}}}\n"))
	}
	if control == "controlFileDownload" {
		b.WriteString(pick(r, "level: strict\n", "level: standard\n"))
	}
	fmt.Fprintf(b, "control: %s\nactivities: {%s}\n", control, strings.Join(conds, ", "))
	b.WriteString(pick(r, "", "", "inspection: malware\n", "inspection: {method: builtIn, types: [{type: a}]}\n"))
	b.WriteString(pick(r, "action: block\n", "action: audit\n", "action: blockWithOverride\n", "action: requireStepUp\nstepUp: {context: c1}\n"))
	b.WriteString(pick(r, "", "", "unscannable: allow\n", "deviceUnknown: managed\n", "alert: {email: [a@b.example]}\n"))
}

// fact puts a random value into one fact.
var facts = map[string]func(r *rand.Rand, in *Input){
	"device": func(r *rand.Rand, in *Input) {
		in.DeviceState = filter.Known
		in.Device = pick(r, nil, []model.DeviceTag{model.TagIntuneCompliant}, []model.DeviceTag{model.TagHybridJoined}, []model.DeviceTag{model.TagUnknown})
	},
	"country": func(r *rand.Rand, in *Input) {
		in.GeoState, in.Network.Country = filter.Known, pick(r, "DK", "US", "DE", "")
	},
	"size": func(r *rand.Rand, in *Input) {
		in.SizeState, in.File.Size = filter.Known, pick[int64](r, 0, 1000, 1001)
	},
	"label": func(r *rand.Rand, in *Input) {
		in.LabelState, in.File.Labels = filter.Known, pick(r, nil, []model.Label{{ID: "secret"}}, []model.Label{{ID: "public"}})
	},
	"content": func(r *rand.Rand, in *Input) {
		in.ContentState = filter.Known
		in.Findings = pick(r, nil, []model.Finding{{Type: "a", Confidence: 75, Count: 1}}, []model.Finding{{Type: "a", Confidence: 65, Count: 9}})
	},
	"malware": func(r *rand.Rand, in *Input) { in.MalwareState, in.Malware = filter.Known, r.IntN(2) == 0 },
}

func states(in *Input) map[string]*filter.State {
	return map[string]*filter.State{
		"device": &in.DeviceState, "country": &in.GeoState, "size": &in.SizeState,
		"label": &in.LabelState, "content": &in.ContentState, "malware": &in.MalwareState,
	}
}

func randomInput(r *rand.Rand) Input {
	in := Input{
		Now: time.Unix(1_800_000_000, 0), Tenant: "contoso", Stage: pick(r, StageSignIn, StageActivity, StageActivity),
		ClientApp: pick(r, model.ClientBrowser, model.ClientNative), Control: pick(r, "", "mcasConfigured", "blockDownloads"),
		Activity: pick(r, model.ActivityDownload, model.ActivityUpload, model.ActivityPrint, model.ActivitySave, model.ActivityShare, model.ActivityDrag),
		Preview:  r.IntN(4) == 0, Navigation: r.IntN(2) == 0, Saved: r.IntN(5) == 0,
		Satisfied: pick(r, nil, nil, []string{"stepUp:c1"}, []string{"stepUp:mfa"}, []string{"override:p1"}),
	}
	in.App.Key = pick(r, someApps...)
	in.Agent.OS = pick(r, "", "Linux", "Windows")
	if r.IntN(2) == 0 {
		in.Auth = &model.Authentication{Time: in.Now.Add(-pick(r, time.Minute, time.Hour, 48*time.Hour)), SignInRisk: pick(r, "", model.RiskLow, model.RiskHigh)}
		in.Auth.Steps = pick(r, nil, []model.Satisfaction{{Kind: model.StepMFA, At: in.Auth.Time}}, []model.Satisfaction{{Kind: model.StepTermsOfUse, Value: "t1", At: in.Auth.Time}})
	}
	if r.IntN(3) == 0 {
		in.DeviceFacts = &model.DeviceFacts{Model: pick(r, model.FactOf("Surface"), model.NoValue[string](), model.FactOf("x")), IsCompliant: pick(r, model.FactOf(true), model.FactOf(false))}
	}
	if in.App.Key == "onedrive" || in.App.Key == "sharepoint" {
		in.Suite = "office365"
	}
	in.App.Instance = pick[model.InstanceID](r, "", "files")
	in.User = model.User{ID: pick[model.UserID](r, "u1", "u2"), Username: "Anna@contoso.com", External: r.IntN(3) == 0}
	for _, g := range someGroups {
		if r.IntN(2) == 0 {
			in.User.Groups = append(in.User.Groups, model.GroupID(g))
		}
	}
	in.Network.Address = netip.MustParseAddr("198.51.100.7")
	in.File.Name = pick(r, "a.txt", "a.docx", "")
	for _, set := range facts {
		set(r, &in)
	}
	return in
}

func randomBook(t *testing.T, r *rand.Rand) *Book {
	t.Helper()
	docs, problems := Decode("", []byte(randomDocs(r, 1+r.IntN(12))))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	opt := Options{DefaultAccess: pick(r, GateAllow, GateAllow, GateBlock), Capabilities: Capabilities{true, true, true, true, true}}
	if r.IntN(3) == 0 {
		opt.Exceptions = []Exception{{
			ID: "ex", User: "u1", App: pick(r, someApps...), Policy: "p1", State: ExceptionApproved,
			Expires: time.Unix(1_900_000_000, 0),
		}}
	}
	b, problems := Compile(docs, opt)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return b
}

// linear is the same book without its index and without shared conditions: every policy is a candidate everywhere
// it looks, and is evaluated by itself.
func linear(b *Book) *Book {
	out := *b
	out.signIn, out.access, out.session = bucket{}, bucket{}, map[model.ActivityType]*bucket{}
	for _, shared := range b.policies {
		p := *shared
		p.conditions = conditions{{0, p.activities}}
		if p.files != nil {
			p.conditions = append(p.conditions, condition{0, p.files})
		}
		switch p.stage {
		case StageSignIn:
			out.signIn.always = append(out.signIn.always, &p)
		case StageAccess:
			out.access.always = append(out.access.always, &p)
		default:
			for _, a := range controlledAndFiles() {
				if contains(p.moments(), a) {
					if out.session[a] == nil {
						out.session[a] = &bucket{}
					}
					out.session[a].always = append(out.session[a].always, &p)
				}
			}
		}
	}
	return &out
}

func controlledAndFiles() []model.ActivityType {
	return append([]model.ActivityType{model.ActivityDownload, model.ActivitySave, model.ActivityUpload, model.ActivityLogin}, controlled...)
}

func TestIndexNeverChangesAVerdict(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := randomBook(t, r)
		plain := linear(b)
		for range 40 {
			in := randomInput(r)
			for _, st := range states(&in) {
				*st = pick(r, *st, *st, *st, filter.Unknown, filter.Unobtainable)
			}
			var v, w Verdict
			b.Decide(&in, &v)
			plain.Decide(&in, &w)
			if got, want := describe(&v), describe(&w); got != want {
				t.Fatalf("seed %d: with index %s, without %s, input %+v", seed, got, want, in)
			}
		}
	}
}

// describe writes a verdict with its policies by id and its needs in order.
func describe(v *Verdict) string {
	var needs []string
	for _, n := range v.Needs {
		needs = append(needs, fmt.Sprint(n))
	}
	slices.Sort(needs)
	out := fmt.Sprintln(v.Gate, v.Duties, v.Control, v.Level, needs, v.Deadline, v.Excepted, v.Defaulted)
	for _, p := range v.Deciding[:v.N] {
		out += p.ID + " "
	}
	for _, p := range v.Monitored[:v.M] {
		out += "(" + p.ID + ") "
	}
	return out
}

// TestOpenVerdictsFailClosed resolves the unknown facts of open verdicts at random: no answer may come out
// stricter than the gate that the open verdict stood at, and no answered need may be asked for again.
func TestOpenVerdictsFailClosed(t *testing.T) {
	t.Parallel()
	opened := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := randomBook(t, r)
		for range 40 {
			known := randomInput(r)
			in := known
			var hidden []string
			for name, st := range states(&in) {
				if r.IntN(2) == 0 {
					*st = filter.Unknown
					hidden = append(hidden, name)
				}
			}
			var before, after Verdict
			b.Decide(&in, &before)
			for _, name := range hidden {
				if r.IntN(4) == 0 {
					*states(&in)[name] = filter.Unobtainable
				} else {
					facts[name](r, &in)
				}
			}
			b.Decide(&in, &after)
			if after.Open() {
				t.Fatalf("seed %d: all facts are settled and %v are needed", seed, after.Needs)
			}
			if !before.Open() {
				// Settled without the hidden facts: they can't change the gate.
				if before.Gate != after.Gate || before.Control != after.Control {
					t.Fatalf("seed %d: decided %s %s, and %s %s with more facts; hidden %v\n%s", seed, before.Gate, before.Control, after.Gate, after.Control, hidden, b.Explain(&in))
				}
				continue
			}
			opened++
			if after.Gate > before.Gate || before.Gate < GateBlock && controlRank(after.Control) > controlRank(before.Control) {
				t.Fatalf("seed %d: stood at %s %s, came to %s %s; hidden %v\n%s", seed, before.Gate, before.Control, after.Gate, after.Control, hidden, b.Explain(&in))
			}
			if before.Deadline.IsZero() {
				t.Fatalf("seed %d: an open verdict without deadline", seed)
			}
		}
	}
	if opened < 500 {
		t.Errorf("only %d verdicts were open", opened)
	}
}
