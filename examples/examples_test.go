// Package examples holds policy files to start from. This test keeps them true: they decode, lint without
// findings, compile together, and decide as their comments say.
package examples

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/lint"
	"github.com/referee-casb/referee/policy/policytest"
)

func decode(t *testing.T) []*policy.Document {
	t.Helper()
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	var all []*policy.Document
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs, problems := policy.Decode(file, text)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		all = append(all, docs...)
	}
	return all
}

func compile(t *testing.T, docs []*policy.Document, phase policy.Phase) *policy.Book {
	t.Helper()
	book, problems := policy.Compile(docs, policy.Options{
		Tenant: "contoso", Capabilities: policy.Capabilities{Labels: true},
		Phases: map[string]policy.Phase{"onedrive-block-download-unmanaged": phase},
	})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return book
}

func TestExamplesLintClean(t *testing.T) {
	t.Parallel()
	found := lint.Run(decode(t), lint.World{
		Now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Capabilities: policy.Capabilities{Labels: true},
		Apps: []lint.App{{Key: "onedrive", Suite: "office365"}, {Key: "sharepoint", Suite: "office365"}, {Key: "office365"}},
		Instances: []lint.Instance{
			{ID: "files", App: "onedrive", Route: model.RouteSSO},
			{ID: "sites", App: "sharepoint", Route: model.RouteSSO},
		},
		Groups: []model.GroupID{"Break glass", "Travellers"}, Locations: []string{},
	})
	for _, f := range found {
		t.Error(f)
	}
}

func TestExamplesDecide(t *testing.T) {
	t.Parallel()
	docs := decode(t)
	monitor, enforce := compile(t, docs, policy.PhaseMonitor), compile(t, docs, policy.PhaseEnforce)
	for _, c := range []struct {
		name, facts, monitor, enforce string
	}{
		{
			"director on an unmanaged laptop signs in", "signin app=onedrive device=none country=DK",
			"allow by=onedrive-route-unmanaged duties=route control=mcasConfigured", "",
		},
		{"the same with a certificate", "signin app=onedrive device=validClientCertificate country=DK", "allow default", ""},
		{"sync client on it", "signin app=onedrive device=none native country=DK", "block by=onedrive-block-native-unmanaged", ""},
		{"from another country", "signin app=onedrive device=none country=US ip=198.51.100.9", "block by=block-other-countries,onedrive-route-unmanaged", ""},
		{"a traveller", "signin app=onedrive device=compliant country=US group=Travellers", "allow default", ""},
		{
			"attachment", "activity=download app=onedrive device=none navigation control=mcasConfigured file=a.docx",
			"allow duties=audit monitored=onedrive-block-download-unmanaged",
			"block by=onedrive-block-download-unmanaged duties=audit,alert level=strict",
		},
		{
			"preview by rendition", "activity=download app=onedrive device=none preview control=mcasConfigured",
			"allow", "allow level=strict",
		},
		{
			"pdf.js on original bytes", "activity=download app=onedrive device=none control=mcasConfigured file=a.pdf",
			"allow duties=audit monitored=onedrive-block-download-unmanaged",
			"block by=onedrive-block-download-unmanaged duties=audit,alert level=strict",
		},
		{"attachment on a managed device", "activity=download app=onedrive device=validClientCertificate navigation control=mcasConfigured", "allow", ""},
		{
			"device without answer", "activity=download app=onedrive device=! navigation control=mcasConfigured",
			"allow duties=audit monitored=onedrive-block-download-unmanaged",
			"block by=onedrive-block-download-unmanaged duties=audit,alert level=strict",
		},
		{
			"guest signs in", "signin app=sharepoint external device=compliant country=DK",
			"allow by=guests-route-office365,sharepoint-route-everyone duties=route control=mcasConfigured", "",
		},
		{"guest uploads", "activity=upload app=sharepoint external device=compliant file=a.docx", "block by=guests-block-upload duties=audit", ""},
		{"guest prints", "activity=print app=sharepoint external", "block by=guests-block-copy-print duties=audit", ""},
		{"colleague prints", "activity=print app=sharepoint", "allow", ""},
		{"large archive", "activity=download app=sharepoint navigation file=all.ZIP size=1000", "blockWithOverride by=sharepoint-override-large duties=audit level=standard", ""},
		{
			"large archive with a reason", "activity=download app=sharepoint navigation file=all.zip size=1000 satisfied=override:sharepoint-override-large",
			"allow by=sharepoint-override-large duties=audit level=standard", "",
		},
		{"small document", "activity=download app=sharepoint navigation file=a.docx size=1000", "allow", ""},
		{"a script signs in", "access app=onedrive agent=Robot", "block by=block-robots duties=audit,alert", ""},
	} {
		if c.enforce == "" {
			c.enforce = c.monitor
		}
		for _, phase := range []struct {
			book *policy.Book
			want string
		}{{monitor, c.monitor}, {enforce, c.enforce}} {
			in, err := policytest.Input(c.facts)
			if err != nil {
				t.Fatal(err)
			}
			var v policy.Verdict
			phase.book.Decide(in, &v)
			if got := policytest.Describe(&v); got != phase.want {
				t.Errorf("%s: got %s, want %s\n%s", c.name, got, phase.want, phase.book.Explain(in))
			}
		}
	}
}

// TestStandardLetsThePageReadOriginals changes one word of the policy of the title.
func TestStandardLetsThePageReadOriginals(t *testing.T) {
	t.Parallel()
	docs := decode(t)
	for _, d := range docs {
		if d.ID == "onedrive-block-download-unmanaged" {
			d.Inline.Level = policy.LevelStandard
		}
	}
	book := compile(t, docs, policy.PhaseEnforce)
	for facts, want := range map[string]policy.Gate{
		"activity=download app=onedrive device=none control=mcasConfigured file=a.pdf":            policy.GateAllow,
		"activity=download app=onedrive device=none control=mcasConfigured file=a.pdf navigation": policy.GateBlock,
		"activity=download app=onedrive device=none control=mcasConfigured file=a.pdf saved":      policy.GateBlock,
		"activity=save app=onedrive device=none control=mcasConfigured":                           policy.GateBlock,
		"activity=download app=onedrive device=none control=mcasConfigured preview":               policy.GateAllow,
	} {
		in, err := policytest.Input(facts)
		if err != nil {
			t.Fatal(err)
		}
		var v policy.Verdict
		book.Decide(in, &v)
		if v.Gate != want {
			t.Errorf("%s: %s, want %s", facts, v.Gate, want)
		}
	}
}
