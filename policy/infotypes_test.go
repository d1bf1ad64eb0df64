package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

var knownTypes = &policy.InfoTypes{
	Types:   []string{"credit-card-number", "eu-debit-card-number", "iban"},
	Bundles: map[string][]string{"pci": {"credit-card-number", "eu-debit-card-number"}},
}

func inspectingPolicy(t *testing.T, gate, inspection string) []*policy.Document {
	t.Helper()
	docs, problems := policy.Decode("p.yaml", []byte("kind: SessionPolicy\nid: p\nname: P\ncontrol: controlFileDownload\nactivities: {app: {eq: onedrive}}\ninspection: "+inspection+"\naction: "+gate+"\nunscannable: allow\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return docs
}

func TestUnknownInformationTypesAreNamed(t *testing.T) {
	t.Parallel()
	docs := inspectingPolicy(t, "block", "{method: builtIn, types: [{type: pci}, {type: credit-card-numbr}, {type: nothing-like-it}]}")
	got := knownTypes.Unknown(docs)
	if len(got) != 2 || got[0].Path != "inspection.types[1].type" || got[0].Pos.Line != 6 || !strings.Contains(got[0].Advice, `"credit-card-number"`) || !strings.Contains(got[1].Advice, "dlp types list") {
		t.Errorf("%+v", got)
	}
}

// A condition holds by what was found, whole or in part, and a gate that nothing opens says what is enough.
func TestContentConditions(t *testing.T) {
	t.Parallel()
	cards := []model.Finding{{Type: "credit-card-number", Confidence: 85, Count: 2}, {Type: "credit-card-number", Confidence: 75, Count: 3}}
	for _, tc := range []struct {
		name, inspection string
		found            []model.Finding
		state            filter.State
		gate             policy.Gate
	}{
		{"found", "{method: builtIn, types: [{type: credit-card-number, count: 3}]}", cards, filter.Known, policy.GateBlock},
		{"too few", "{method: builtIn, types: [{type: credit-card-number, count: 4}]}", cards, filter.Known, policy.GateAllow},
		{"too few so sure", "{method: builtIn, types: [{type: credit-card-number, count: 3, confidence: 85}]}", cards, filter.Known, policy.GateAllow},
		{"bundle", "{method: builtIn, types: [{type: pci, count: 3}]}", cards, filter.Known, policy.GateBlock},
		{"all of two", "{method: builtIn, match: all, types: [{type: pci}, {type: iban}]}", cards, filter.Known, policy.GateAllow},
		{"any of two", "{method: builtIn, match: any, types: [{type: iban}, {type: pci}]}", cards, filter.Known, policy.GateBlock},
		{"nothing", "{method: builtIn, types: [{type: pci}]}", nil, filter.Known, policy.GateAllow},
		{"seen before the rest could not be read", "{method: builtIn, types: [{type: pci}]}", cards, filter.Unobtainable, policy.GateBlock},
		{"too few were seen", "{method: builtIn, types: [{type: pci, count: 4}]}", cards, filter.Unobtainable, policy.GateAllow}, // unscannable: allow
	} {
		book, problems := policy.Compile(inspectingPolicy(t, "block", tc.inspection), policy.Options{Capabilities: policy.Capabilities{Inspector: true}, InfoTypes: knownTypes})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		in := policy.Input{Now: time.Now(), Stage: policy.StageActivity, Activity: model.ActivityDownload, App: model.AppRef{Key: "onedrive"}, ContentState: tc.state, Findings: tc.found}
		var v policy.Verdict
		book.Decide(&in, &v)
		if v.Gate != tc.gate || v.Open() {
			t.Errorf("%s: %s, open %v", tc.name, v.Gate, v.Open())
		}
	}
}

func TestOnlyAGateThatNothingOpensSaysWhatIsEnough(t *testing.T) {
	t.Parallel()
	for gate, enough := range map[string]bool{"block": true, "blockWithOverride": false, "audit": false} {
		book, problems := policy.Compile(inspectingPolicy(t, gate, "{method: builtIn, types: [{type: pci}]}"), policy.Options{Capabilities: policy.Capabilities{Inspector: true}, InfoTypes: knownTypes})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		in := policy.Input{Now: time.Now(), Stage: policy.StageActivity, Activity: model.ActivityDownload, App: model.AppRef{Key: "onedrive"}, ContentState: filter.Unknown}
		var v policy.Verdict
		book.Decide(&in, &v)
		if len(v.Needs) != 1 || len(v.Needs[0].Names) != 2 || (len(v.Needs[0].Enough) == 1 && v.Needs[0].Met([]model.Finding{{Type: "eu-debit-card-number", Confidence: 85, Count: 1}})) != enough {
			t.Errorf("%s: %+v", gate, v.Needs)
		}
	}
}
