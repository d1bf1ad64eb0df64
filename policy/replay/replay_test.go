package replay

import (
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"testing"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/policytest"
)

const draftText = `
kind: SessionPolicy
id: block
name: Block
control: controlFileDownload
activities: {app: {eq: onedrive}, device.tags: {eq: unmanaged}}
action: block
level: standard
rollout: {then: block}
---
kind: SessionPolicy
id: uploads
name: Uploads
control: controlFileUpload
activities: {location.country: {neq: DK}}
files: {extension: {eq: exe}}
action: block
`

func book(t *testing.T, text string) *policy.Book {
	t.Helper()
	docs, problems := policy.Decode("", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	b, problems := policy.Compile(docs, policy.Options{Tenant: "contoso"})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return b
}

// recorded decides facts, remembers them in an activity, and takes it through a store's JSON.
func recorded(t *testing.T, id, facts string) model.Activity {
	t.Helper()
	in, err := policytest.Input(facts)
	if err != nil {
		t.Fatal(err)
	}
	return stored(t, id, in)
}

// stored remembers a decision in an activity, and takes it through a store's JSON.
func stored(t *testing.T, id string, in *policy.Input) model.Activity {
	t.Helper()
	a := model.Activity{
		ID: model.ActivityID(id), Tenant: "contoso", Time: in.Now, Source: model.SourceSession, Type: in.Activity,
		App: in.App, User: in.User, Device: model.ActivityDevice{Tags: in.Device}, Network: in.Network, Agent: in.Agent, Files: []model.File{in.File},
	}
	if in.Stage != policy.StageActivity {
		a.Source = model.SourceAccess
	}
	Remember(in, &a)
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var kept model.Activity
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

func each(list ...model.Activity) iter.Seq2[model.Activity, error] {
	return func(yield func(model.Activity, error) bool) {
		for _, a := range list {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func TestRunComparesTwoBooks(t *testing.T) {
	t.Parallel()
	attachment := recorded(t, "1", "activity=download app=onedrive device=none navigation file=a.docx")
	admin := model.Activity{ID: "9", Source: model.SourceAdmin, Type: model.ActivityPolicyChange, Time: policytest.Now}
	got, err := Run(book(t, draftText), book(t, ""), each(
		attachment, attachment, admin,
		recorded(t, "2", "activity=download app=onedrive device=compliant navigation"),
		recorded(t, "3", "activity=download app=onedrive device=none"), // a fetch, which standard lets pass
		recorded(t, "4", "activity=upload app=box country=! file=a.exe"),
		recorded(t, "5", "activity=upload app=box country=DK file=a.exe"),
	), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Seen != 6 || got.Replayed != 5 || got.Stricter != 2 || got.Looser != 0 || got.Guessed != 1 {
		t.Errorf("got %+v", got)
	}
	want := []Change{
		{Activity: "1", Time: policytest.Now, User: "director@contoso.com", App: "onedrive", Type: "download", File: "a.docx", Before: "allow", After: "block", By: "block"},
		{Activity: "4", Time: policytest.Now, User: "director@contoso.com", App: "box", Type: "upload", File: "a.exe", Before: "allow", After: "block", By: "uploads", Guessed: true},
	}
	if !reflect.DeepEqual(got.Changes, want) {
		t.Errorf("changes are %+v, want %+v", got.Changes, want)
	}
	if !reflect.DeepEqual(got.People, []string{"director@contoso.com"}) {
		t.Errorf("people are %v", got.People)
	}
	back, err := Run(book(t, ""), book(t, draftText), each(recorded(t, "5", "activity=upload app=box country=US file=a.exe")), Options{})
	if err != nil || back.Looser != 1 || back.Changes[0].By != "uploads" {
		t.Errorf("the other way round: %+v, %v", back, err)
	}
}

func TestRunStopsAtAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("the log is gone")
	_, err := Run(book(t, ""), book(t, ""), func(yield func(model.Activity, error) bool) { yield(model.Activity{}, broken) }, Options{})
	if !errors.Is(err, broken) {
		t.Errorf("err is %v", err)
	}
}

// TestRememberedDecisionsComeOutTheSame replays every line of a decision table through a stored activity.
func TestRememberedDecisionsComeOutTheSame(t *testing.T) {
	t.Parallel()
	b := book(t, draftText)
	for _, facts := range []string{
		"activity=download app=onedrive device=none navigation file=a.docx size=1000 type=text/plain label=x",
		"activity=download app=onedrive device=! preview",
		"activity=save app=onedrive device=none",
		"activity=upload app=box country=US file=a.exe content=credit-card-number*3 malware=yes satisfied=override:x",
		"signin app=onedrive native device=compliant",
		"access app=onedrive agent=Robot",
	} {
		in, err := policytest.Input(facts)
		if err != nil {
			t.Fatal(err)
		}
		a := recorded(t, "1", facts)
		var again policy.Input
		if !Input(&a, &again, nil) {
			t.Fatalf("%s: not replayed", facts)
		}
		var v, w policy.Verdict
		b.Settle(in, &v)
		b.Settle(&again, &w)
		if policytest.Describe(&v) != policytest.Describe(&w) {
			t.Errorf("%s: decided %s, replayed %s", facts, policytest.Describe(&v), policytest.Describe(&w))
		}
		if again.Stage != in.Stage || again.ClientApp != in.ClientApp || again.Preview != in.Preview || again.Suite != in.Suite ||
			!reflect.DeepEqual(again.Findings, in.Findings) || again.Malware != in.Malware {
			t.Errorf("%s: replayed as %+v", facts, again)
		}
	}
}

func TestWhatWasNotRecordedIsUnobtainable(t *testing.T) {
	t.Parallel()
	a := model.Activity{
		ID: "1", Tenant: "contoso", Time: policytest.Now, Source: model.SourceSession, Type: model.ActivityDownload,
		App: model.AppRef{Key: "onedrive"}, Agent: model.Agent{Tags: []string{"Native client"}},
	}
	var in policy.Input
	if !Input(&a, &in, map[string]string{"onedrive": "office365"}) {
		t.Fatal("not replayed")
	}
	if in.DeviceState != filter.Unobtainable || in.GeoState != filter.Unobtainable || in.SizeState != filter.Unobtainable ||
		in.ContentState != filter.Unobtainable || in.Suite != "office365" || in.ClientApp != model.ClientNative {
		t.Errorf("input is %+v", in)
	}
	a.Detail = map[string]any{"decision": "not what was written"}
	if !Input(&a, &in, nil) || in.DeviceState != filter.Unobtainable {
		t.Errorf("a spoilt memory gives %+v", in)
	}
}
