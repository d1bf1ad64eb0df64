package api_test

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/policy"
)

const caseNumber = `kind: InformationType
id: case-number
name: Case number
patterns:
  - {regexp: 'C-\d{4}', confidence: 65}
---
kind: InformationTypeBundle
id: helpdesk
name: Helpdesk
types: [case-number, credit-card-number]
`

const ours = "/api/v2/tenants/contoso/dlp/types"

type typesAnswer struct {
	Applied   bool
	Documents []struct {
		ID, Change string
		Revision   int64
	}
}

func TestOwnTypes(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	var got typesAnswer
	f.Want(t, "contoso/operator", "POST", ours, apitest.File(caseNumber, "dryRun", true), 200, &got)
	if got.Applied || len(got.Documents) != 2 || got.Documents[0].Change != "created" {
		t.Errorf("dry run: %+v", got)
	}
	f.Want(t, "contoso/reader", "GET", ours+"/case-number", nil, 404, nil)
	f.Want(t, "contoso/operator", "POST", ours, apitest.File(caseNumber, "comment", "ticket 4711"), 200, &got)
	if !got.Applied || got.Documents[0].Revision != 1 {
		t.Errorf("apply: %+v", got)
	}
	f.Want(t, "contoso/operator", "POST", ours, apitest.File(caseNumber), 200, &got)
	if got.Applied || got.Documents[1].Change != "unchanged" {
		t.Errorf("again: %+v", got)
	}
	f.Want(t, "contoso/operator", "POST", ours, apitest.File(strings.Replace(caseNumber, "65", "75", 1)), 200, &got)
	if !got.Applied || got.Documents[0].Change != "changed" || got.Documents[0].Revision != 2 || got.Documents[1].Change != "unchanged" {
		t.Errorf("changed: %+v", got)
	}
	var list struct {
		Items []struct {
			ID         string
			Own        bool
			Revision   int64
			Confidence []int
		}
		Next string
	}
	f.Want(t, "contoso/reader", "GET", ours+"?own=true", nil, 200, &list)
	if len(list.Items) != 1 || !list.Items[0].Own || list.Items[0].Revision != 2 || list.Items[0].Confidence[0] != 75 {
		t.Errorf("own: %+v", list)
	}
	f.Want(t, "contoso/reader", "GET", ours+"?limit=1000", nil, 200, &list)
	if len(list.Items) < 300 || list.Next != "" {
		t.Errorf("%d types", len(list.Items))
	}
	var bundles struct{ Items []struct{ ID string } }
	f.Want(t, "contoso/reader", "GET", "/api/v2/tenants/contoso/dlp/bundles", nil, 200, &bundles)
	if len(bundles.Items) < 5 {
		t.Errorf("bundles: %+v", bundles)
	}
	// Another tenant has none of it.
	f.Want(t, "fabrikam/reader", "GET", "/api/v2/tenants/fabrikam/dlp/types?own=true", nil, 200, &list)
	if len(list.Items) != 0 {
		t.Errorf("the other tenant has %+v", list)
	}
	f.Want(t, "fabrikam/reader", "GET", "/api/v2/tenants/fabrikam/dlp/types/case-number", nil, 404, nil)
}

func TestOwnTypeMistakes(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	for name, c := range map[string]struct {
		text, want string
	}{
		"line":          {strings.Replace(caseNumber, "patterns:", "pattern:", 1), `"line":4`},
		"regexp":        {strings.Replace(caseNumber, `C-\d{4}`, `C-(\d{4}`, 1), "missing closing )"},
		"built in":      {strings.Replace(caseNumber, "id: case-number", "id: credit-card-number", 1), "choose another id"},
		"a bundle's id": {strings.Replace(caseNumber, "id: case-number", "id: pci", 1), "choose another id"},
		"bundle":        {strings.Replace(caseNumber, "types: [case-number", "types: [case-numbers", 1), "there is no such type"},
		"kind":          {"kind: SessionPolicy\nid: x\nname: x\n", "InformationTypeBundle"},
		"nothing":       {"# nothing\n", "there is no document"},
		"twice":         {caseNumber + "---\n" + caseNumber, "is used above"},
	} {
		a := f.Want(t, "contoso/operator", "POST", ours, apitest.File(c.text), 422, nil)
		if !strings.Contains(string(a.Body), c.want) {
			t.Errorf("%s: no %q in %s", name, c.want, a.Body)
		}
	}
	f.Want(t, "contoso/reader", "POST", ours, apitest.File(caseNumber), 403, nil)
}

func TestOwnTypeRemoved(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "POST", ours, apitest.File(caseNumber), 200, nil)
	f.Want(t, "contoso/operator", "DELETE", ours+"/credit-card-number", nil, 422, nil)
	a := f.Want(t, "contoso/operator", "DELETE", ours+"/case-number", nil, 409, nil)
	if !strings.Contains(string(a.Body), "a bundle has it") {
		t.Errorf("%s", a.Body)
	}
	looks := strings.Replace(apitest.BlockPolicy, "level: strict", "level: inspect\ninspection: {method: builtIn, types: [{type: case-number}]}", 1)
	document(t, f, looks)
	f.Want(t, "contoso/operator", "DELETE", ours+"/helpdesk", nil, 204, nil)
	a = f.Want(t, "contoso/operator", "DELETE", ours+"/case-number", nil, 409, nil)
	if !strings.Contains(string(a.Body), "block-downloads") {
		t.Errorf("the policy is not named: %s", a.Body)
	}
	var one struct {
		Policies []string
		Text     string
	}
	f.Want(t, "contoso/reader", "GET", ours+"/case-number", nil, 200, &one)
	if len(one.Policies) != 1 || !strings.Contains(one.Text, "id: case-number") {
		t.Errorf("%+v", one)
	}
	f.Want(t, "contoso/operator", "DELETE", "/api/v2/tenants/contoso/policies/block-downloads", nil, 204, nil)
	f.Want(t, "contoso/operator", "DELETE", ours+"/case-number?comment=unused", nil, 204, nil)
	var history struct {
		Items []struct {
			Revision int64
			Deleted  bool
			Comment  string
		}
	}
	f.Want(t, "contoso/reader", "GET", ours+"/case-number/history", nil, 200, &history)
	if len(history.Items) != 2 || !history.Items[0].Deleted || history.Items[0].Comment != "unused" {
		t.Errorf("%+v", history)
	}
	var got typesAnswer
	f.Want(t, "contoso/operator", "POST", ours, apitest.File(caseNumber), 200, &got)
	if got.Documents[0].Revision != 3 || got.Documents[0].Change != "created" {
		t.Errorf("made anew: %+v", got)
	}
	n := 0
	for _, row := range f.Log.Rows("contoso") {
		if strings.HasPrefix(row.ActionType, "informationType.") {
			n++
		}
	}
	if n == 0 {
		t.Error("no change is in the log")
	}
}

// document stores a policy that the fixture's installation would not put into force.
func document(t *testing.T, f *apitest.Fixture, text string) {
	t.Helper()
	docs, problems := policy.Decode("p.yaml", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.DB.PutDocuments(t.Context(), "contoso", []policy.Revision{docs[0].Revise("contoso", 0, "ada", "")}); err != nil {
		t.Fatal(err)
	}
}
