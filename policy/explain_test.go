package policy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/policytest"
)

// examples compiles every example file, with the policy of the title in force and one exception to it.
func examples(t testing.TB) *policy.Book {
	t.Helper()
	files, err := filepath.Glob("../examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var docs []*policy.Document
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		more, problems := policy.Decode(file, text)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, more...)
	}
	const id = "onedrive-block-download-unmanaged"
	book, problems := policy.Compile(docs, policy.Options{
		Capabilities: policy.Capabilities{Labels: true},
		Tenant:       "contoso", Epoch: 7, Phases: map[string]policy.Phase{id: policy.PhaseEnforce},
		Revisions: map[string]int64{id: 3}, Exceptions: []policy.Exception{{
			ID: "ex-1", User: "ole@contoso.com", App: "onedrive", Policy: id,
			State: policy.ExceptionApproved, Decided: policytest.Now.Add(-time.Hour), Expires: policytest.Now.Add(time.Hour),
		}},
	})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return book
}

// TestExplanationsReadWell keeps the text of explanations for review, one file a situation.
func TestExplanationsReadWell(t *testing.T) {
	book := examples(t)
	for name, facts := range map[string]string{
		"blocked":     "activity=download app=onedrive device=none navigation file=Budget.xlsx control=mcasConfigured",
		"managed":     "activity=download app=onedrive device=validClientCertificate navigation file=Budget.xlsx control=mcasConfigured",
		"preview":     "activity=download app=onedrive device=none preview control=mcasConfigured",
		"excepted":    "activity=download app=onedrive device=none navigation user=ole@contoso.com control=mcasConfigured",
		"unknown":     "activity=download app=onedrive device=? navigation control=mcasConfigured",
		"no-answer":   "activity=download app=onedrive device=! navigation control=mcasConfigured",
		"override":    "activity=download app=sharepoint device=none navigation file=a.zip size=1000",
		"size":        "activity=download app=sharepoint device=none navigation file=a.docx size=!",
		"signin":      "signin app=onedrive device=none country=DK ip=198.51.100.7",
		"abroad":      "signin app=onedrive device=compliant country=US ip=198.51.100.7",
		"direct":      "signin app=onedrive device=compliant country=DK ip=198.51.100.7",
		"monitored":   "activity=print app=box control=monitorOnly",
		"built-in":    "activity=download app=box control=blockDownloads navigation",
		"nothing":     "activity=view app=box control=mcasConfigured",
		"access-page": "access app=onedrive agent=Robot",
	} {
		in, err := policytest.Input(facts)
		if err != nil {
			t.Fatal(err)
		}
		got := facts + "\n\n" + book.Explain(in).String()
		file := filepath.Join("testdata/explain", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		if lines := strings.Count(got, "\n"); lines > 40 {
			t.Errorf("%s: %d lines do not fit a screen", name, lines)
		}
	}
}

func TestExplanationNamesTheConditionThatMissed(t *testing.T) {
	t.Parallel()
	in, err := policytest.Input("activity=download app=onedrive device=compliant navigation")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range examples(t).Explain(in).Policies {
		if c.Policy.ID != "onedrive-block-download-unmanaged" {
			continue
		}
		if c.Matched || c.Outcome != filter.False || c.Policy.Ref().Revision != 3 {
			t.Errorf("considered as %+v", c)
		}
		for _, k := range c.Conditions {
			if k.Decisive != (k.Path == "activities.device.tags.eq") {
				t.Errorf("condition %+v", k)
			}
			if k.Decisive && strings.Join(k.Got, " ") != "compliant managed" {
				t.Errorf("it saw %q", k.Got)
			}
		}
		return
	}
	t.Error("the policy was not considered")
}
