package template

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/lint"
	"github.com/referee-casb/referee/policy/policytest"
)

// answers are what templates can't do without.
var answers = map[string]Values{"block_countries": {"countries": "DK, SE", "breakglass": "Break glass"}}

var everything = policy.Capabilities{Inspector: true, Malware: true, Labels: true, Protect: true, StepUp: true}

// TestTemplatesMakeCleanDocuments makes each with its defaults beside the routes of the apps, and lints the set.
func TestTemplatesMakeCleanDocuments(t *testing.T) {
	t.Parallel()
	route, err := routeUnmanaged.Make(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tmpl := range All() {
		t.Run(tmpl.ID, func(t *testing.T) {
			t.Parallel()
			docs, err := tmpl.Make(answers[tmpl.ID])
			if err != nil || len(docs) == 0 {
				t.Fatalf("%d documents, %v", len(docs), err)
			}
			set := docs
			if !strings.Contains(tmpl.ID, "unmanaged") { // those bring their own
				set = slices.Concat(docs, route)
			}
			if _, problems := policy.Compile(set, policy.Options{Capabilities: everything}); len(problems) > 0 {
				t.Errorf("does not compile: %v", problems)
			}
			for _, f := range lint.Run(set, lint.World{Now: time.Now(), Capabilities: everything}) {
				t.Error(f)
			}
		})
	}
}

func TestTemplatesWorkWithoutInspector(t *testing.T) {
	t.Parallel()
	for _, tmpl := range All() {
		docs, err := tmpl.Make(answers[tmpl.ID])
		if err != nil {
			t.Fatal(err)
		}
		_, problems := policy.Compile(docs, policy.Options{})
		if refused, malware := len(problems) > 0, strings.Contains(tmpl.ID, "malware"); refused != malware {
			t.Errorf("%s: refused %t: %v", tmpl.ID, refused, problems)
		}
	}
	docs, err := blockDownloadContent.Make(Values{"types": "Credit Card Number, IBAN"})
	if err != nil {
		t.Fatal(err)
	}
	if _, problems := policy.Compile(docs, policy.Options{}); len(problems) != 1 || !strings.Contains(problems[0].Reason, "inspector") {
		t.Errorf("content without an inspector gives %v", problems)
	}
}

func TestMakeRefusesWrongAnswers(t *testing.T) {
	t.Parallel()
	for _, wrong := range []Values{{"level": "hard"}, {"colour": "red"}, {"contact": strings.Repeat("x", 20000)}, {"app": "!!"}} {
		if docs, err := blockDownloadContent.Make(wrong); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v gives %v, %v", wrong, docs, err)
		}
	}
	if _, err := blockCountries.Make(Values{"countries": "DK"}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "breakglass") {
		t.Errorf("a missing answer gives %v", err)
	}
	if _, err := blockCountries.Make(Values{"countries": "Denmark", "breakglass": "g"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrong country gives %v", err)
	}
	if _, err := Find("nothing"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown template gives %v", err)
	}
}

func TestBlockDownloadUnmanagedDecides(t *testing.T) {
	t.Parallel()
	docs, err := blockDownloadUnmanaged.Make(Values{"app": "onedrive", "monitor": "3d"})
	if err != nil {
		t.Fatal(err)
	}
	if got := docs[2].Inline.Rollout.After; got != 72*time.Hour {
		t.Errorf("it monitors for %s", got)
	}
	book, problems := policy.Compile(docs, policy.Options{Phases: map[string]policy.Phase{docs[2].ID: policy.PhaseEnforce}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for facts, want := range map[string]string{
		"signin app=onedrive device=none":                                                   "allow by=onedrive-route-unmanaged duties=route control=mcasConfigured",
		"signin app=onedrive device=none native":                                            "block by=onedrive-block-native-unmanaged",
		"activity=download app=onedrive device=none navigation":                             "block by=onedrive-block-download-unmanaged duties=audit level=strict",
		"activity=download app=onedrive device=none preview":                                "allow level=strict",
		"activity=download app=onedrive device=" + string(model.TagManaged) + " navigation": "allow",
	} {
		in, err := policytest.Input(facts)
		if err != nil {
			t.Fatal(err)
		}
		var v policy.Verdict
		book.Decide(in, &v)
		if got := policytest.Describe(&v); got != want {
			t.Errorf("%s: %s, want %s", facts, got, want)
		}
	}
}

func TestEachTemplateHasItsFile(t *testing.T) {
	t.Parallel()
	last, n := "", 0
	for _, tmpl := range All() {
		if tmpl.ID <= last || tmpl.Title == "" || tmpl.Doc == "" {
			t.Errorf("%s is out of order, doubled or lacks a text", tmpl.ID)
		}
		last = tmpl.ID
		if _, err := os.Stat(tmpl.ID + ".go"); err != nil {
			t.Error(err)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(string(text), " = Template{\n")
	}
	if n != len(All()) {
		t.Errorf("%d templates are written and %d are listed", n, len(All()))
	}
}
