package policy_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/policytest"
)

func decode(t testing.TB, text string) []*policy.Document {
	t.Helper()
	docs, problems := policy.Decode("", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return docs
}

func TestCompileRefusesWhatNobodyEnforces(t *testing.T) {
	t.Parallel()
	const head = "kind: SessionPolicy\nid: p\nname: P\ncontrol: controlFileDownload\n"
	for part, c := range map[string]struct {
		text string
		can  policy.Capabilities
	}{
		"step-up":        {head + "action: requireStepUp\nstepUp: {context: c1}\n", policy.Capabilities{StepUp: true}},
		"protect":        {head + "action: protect\nprotect: {label: x}\n", policy.Capabilities{Protect: true}},
		"inspector":      {head + "action: block\ninspection: {method: builtIn, types: [{type: a}]}\n", policy.Capabilities{Inspector: true}},
		"malware":        {head + "action: block\ninspection: malware\n", policy.Capabilities{Malware: true}},
		"labels":         {head + "action: block\nfiles: {fileLabels: {isset: true}}\n", policy.Capabilities{Labels: true}},
		"more strongly":  {"kind: ConditionalAccess\nid: p\nname: P\nconditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}\ngrantControls: {builtInControls: [mfa]}\n", policy.Capabilities{StepUp: true}},
		"ActivityPolicy": {"kind: ActivityPolicy\nid: p\nname: P\nfilters: {}\n", policy.Capabilities{}},
		"FilePolicy":     {"kind: FilePolicy\nid: p\nname: P\nfilters: {}\n", policy.Capabilities{}},
	} {
		docs := decode(t, c.text)
		book, problems := policy.Compile(docs, policy.Options{})
		if book != nil || len(problems) != 1 || !strings.Contains(problems[0].Reason, part) || problems[0].Pos.Line == 0 || problems[0].Document != "p" {
			t.Errorf("%s: book %v, problems %v", part, book != nil, problems)
		}
		if !fault.Is(problems.Err(), fault.Invalid) {
			t.Errorf("%s: the error is %v", part, problems.Err())
		}
		if c.can == (policy.Capabilities{}) {
			continue
		}
		if book, problems := policy.Compile(docs, policy.Options{Capabilities: c.can}); book == nil {
			t.Errorf("%s: with the capability %v", part, problems)
		}
	}
}

func TestCompileRefusesIDsOfTwoFiles(t *testing.T) {
	t.Parallel()
	const text = "kind: SessionPolicy\nid: p\nname: P\ncontrol: monitorOnly\naction: audit\n"
	if book, problems := policy.Compile(append(decode(t, text), decode(t, text)...), policy.Options{}); book != nil || len(problems) != 1 {
		t.Errorf("book %v, problems %v", book != nil, problems)
	}
}

func TestWatched(t *testing.T) {
	t.Parallel()
	book, problems := policy.Compile(decode(t, `
kind: SessionPolicy
id: a
name: A
control: blockActivities
activities: {app: {eq: office365}, activity.type: {eq: [print, copy]}}
action: block
---
kind: SessionPolicy
id: b
name: B
control: controlFileUpload
activities: {app: {eq: box}}
action: block
---
kind: SessionPolicy
id: c
name: C
control: blockActivities
activities: {app: {eq: onedrive}, activity.type: {eq: share}}
action: audit
---
kind: SessionPolicy
id: d
name: D
control: blockActivities
activities: {user.external: {eq: true}, activity.type: {eq: paste}}
action: block
rollout: {then: block}
`), policy.Options{})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key, suite, control, want string
	}{
		{"onedrive", "office365", "mcasConfigured", "copy paste print"},
		{"box", "", "mcasConfigured", "paste upload"},
		{"box", "", "blockDownloads", "download drag paste save upload"},
		{"box", "", "monitorOnly", ""},
	} {
		var got []string
		for _, a := range book.Watched(model.AppRef{Key: c.key}, c.suite, c.control) {
			got = append(got, string(a))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

// TestDecideFromManyGoroutines is for the race detector: a book is shared, an input is not.
func TestDecideFromManyGoroutines(t *testing.T) {
	t.Parallel()
	book := examples(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			in, err := policytest.Input("activity=download app=onedrive device=! navigation")
			if err != nil {
				t.Error(err)
				return
			}
			var v policy.Verdict
			for range 200 {
				book.Decide(in, &v)
				if v.Gate != policy.GateBlock {
					t.Errorf("gate %s", v.Gate)
					return
				}
				book.Explain(in)
			}
		})
	}
	wg.Wait()
}

// TestACopiedInputKeepsItsNeeds guards the scratch space: a copy must not write into its original.
func TestACopiedInputKeepsItsNeeds(t *testing.T) {
	t.Parallel()
	book := examples(t)
	in, err := policytest.Input("activity=download app=onedrive device=? navigation")
	if err != nil {
		t.Fatal(err)
	}
	var v, w policy.Verdict
	book.Decide(in, &v)
	other := *in
	book.Decide(&other, &w)
	if len(v.Needs) != 1 || !reflect.DeepEqual(v.Needs, w.Needs) {
		t.Errorf("needs are %v, of a copy %v", v.Needs, w.Needs)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	got := policy.Fill("Dear {{user}}, {{ file }} stays; {{nothing}}{{user}", func(name string) string {
		return map[string]string{"user": "Anna", "file": "{{user}}"}[name]
	})
	if want := "Dear Anna, {{user}} stays; {{user}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func ExampleBook_Decide() {
	docs, _ := policy.Decode("", []byte(`
kind: SessionPolicy
id: no-print
name: No printing on unmanaged devices
control: blockActivities
activities:
  activity.type: {eq: print}
  device.tags: {eq: unmanaged}
action: block
`))
	book, _ := policy.Compile(docs, policy.Options{Tenant: "contoso", Capabilities: policy.Capabilities{Labels: true}})
	in := &policy.Input{
		Now: policytest.Now, Tenant: "contoso", Stage: policy.StageActivity, Activity: model.ActivityPrint,
		App: model.AppRef{Key: "onedrive"},
	}
	var v policy.Verdict
	book.Decide(in, &v)
	fmt.Println(v.Gate)
	fmt.Print(book.Explain(in))
	// Output:
	// block
	// Outcome: block, by "No printing on unmanaged devices"
	// * No printing on unmanaged devices (no-print): matched: block
	//     yes  Activity type is print; was print  [activities.activity.type.eq]
	//     yes  Device tag is unmanaged; was unmanaged  [activities.device.tags.eq]
}

func TestMeetsCountsWhatIsStronger(t *testing.T) {
	t.Parallel()
	now := policytest.Now
	done := func(s model.StepUp, ago time.Duration) *model.Authentication {
		return &model.Authentication{Steps: []model.Satisfaction{{Kind: s.Kind, Value: s.Value, At: now.Add(-ago)}}}
	}
	strength := func(v string) model.StepUp { return model.StepUp{Kind: model.StepStrength, Value: v} }
	mfa := model.StepUp{Kind: model.StepMFA}
	for _, c := range []struct {
		need, did model.StepUp
		want      bool
	}{
		{mfa, mfa, true},
		{mfa, strength(policy.StrengthMultifactor), true},
		{mfa, strength(policy.StrengthPhishingResistant), true},
		{mfa, strength("0a51c6d7-21f0-4a36-9b63-2f4e1a1c7f10"), false},
		{strength(policy.StrengthMultifactor), mfa, true},
		{strength(policy.StrengthPasswordless), mfa, false},
		{strength(policy.StrengthPasswordless), strength(policy.StrengthPhishingResistant), true},
		{strength(policy.StrengthPhishingResistant), strength(policy.StrengthPasswordless), false},
	} {
		if got := policy.Meets(done(c.did, time.Minute), c.need, now); got != c.want {
			t.Errorf("%s meets %s: %t", c.did.Key(), c.need.Key(), got)
		}
		c.need.Within = time.Second
		if policy.Meets(done(c.did, time.Minute), c.need, now) {
			t.Errorf("%s of a minute ago meets %s within a second", c.did.Key(), c.need.Key())
		}
	}
	if policy.Meets(nil, mfa, now) {
		t.Error("nobody meets a second factor")
	}
}
