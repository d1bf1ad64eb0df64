package api_test

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
)

const labelSet = `kind: SensitivityLabels
siteId: f66b6bd3-ebc2-4f54-8769-d22858de97c5
labels:
- {id: 11111111-1111-4111-8111-111111111111, name: Public}
- {id: 22222222-2222-4222-8222-222222222222, name: Confidential}
- {id: 44444444-4444-4444-8444-444444444444, name: Team, parent: 22222222-2222-4222-8222-222222222222}
- {id: 33333333-3333-4333-8333-333333333333, name: Secret, encrypts: true}
`

const protectPolicy = `kind: SessionPolicy
id: protect-downloads
name: Label what leaves
state: enabled
control: controlFileDownload
action: protect
protect: {label: Team}
`

func TestLabels(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	const labels, policies = "/api/v2/tenants/contoso/labels", "/api/v2/tenants/contoso/policies/apply"
	var got struct {
		Applied                 bool
		Revision                int64
		Added, Changed, Removed []string
	}
	var problem struct {
		Detail string
		Errors []struct{ Message, Location string }
	}
	f.Want(t, "contoso/operator", "POST", policies, apitest.File(protectPolicy, "force", true), 422, &problem)
	f.Want(t, "contoso/operator", "POST", labels, apitest.File(labelSet, "dryRun", true), 200, &got)
	if got.Applied || len(got.Added) != 4 {
		t.Errorf("dry run: %+v", got)
	}
	f.Want(t, "contoso/operator", "POST", labels, apitest.File(labelSet), 200, &got)
	if !got.Applied || got.Revision != 1 {
		t.Errorf("apply: %+v", got)
	}
	f.Want(t, "contoso/operator", "POST", labels, apitest.File(labelSet), 200, &got)
	if got.Applied || got.Revision != 1 {
		t.Errorf("again: %+v", got)
	}
	f.Want(t, "contoso/reader", "POST", labels, apitest.File(labelSet), 403, nil)
	f.Want(t, "contoso/operator", "POST", labels, apitest.File("kind: SensitivityLabels\nlabels: []\n"), 422, &problem)
	if len(problem.Errors) < 2 {
		t.Errorf("%+v", problem)
	}
	for label, want := range map[string]string{"Secret": "encrypts", "Confidential": "sublabels", "Top": "no sensitivity label"} {
		f.Want(t, "contoso/operator", "POST", policies, apitest.File(strings.Replace(protectPolicy, "Team", label, 1), "force", true), 422, &problem)
		if len(problem.Errors) != 1 || !strings.Contains(problem.Errors[0].Message, want) || problem.Errors[0].Location != "protect.label" {
			t.Errorf("%s: %+v", label, problem)
		}
	}
	f.Want(t, "contoso/operator", "POST", policies, apitest.File(protectPolicy, "force", true), 200, nil)
	var one struct {
		Path     string
		Priority int
		Policies []string
	}
	f.Want(t, "contoso/reader", "GET", labels+"/team", nil, 200, &one)
	if one.Path != "Confidential/Team" || one.Priority != 2 || len(one.Policies) != 1 {
		t.Errorf("%+v", one)
	}
	f.Want(t, "contoso/reader", "GET", labels+"/nobody", nil, 404, nil)
	// What a policy names stays.
	f.Want(t, "contoso/operator", "POST", labels, apitest.File(strings.Replace(labelSet, "name: Team", "name: Group", 1)), 409, &problem)
	next := strings.Replace(labelSet, "- {id: 11111111-1111-4111-8111-111111111111, name: Public}\n", "", 1)
	f.Want(t, "contoso/operator", "POST", labels, apitest.File(next, "comment", "ticket 4711"), 200, &got)
	if !got.Applied || got.Revision != 2 || len(got.Removed) != 1 {
		t.Errorf("%+v", got)
	}
	var history struct{ Items []struct{ Revision int64 } }
	f.Want(t, "contoso/reader", "GET", labels+"/history", nil, 200, &history)
	if len(history.Items) != 2 || history.Items[0].Revision != 2 {
		t.Errorf("%+v", history)
	}
	var document struct {
		Revision int64
		Text     string
	}
	f.Want(t, "contoso/reader", "GET", labels+"/document", nil, 200, &document)
	f.Want(t, "contoso/operator", "POST", labels, apitest.File(document.Text), 200, &got)
	if got.Applied {
		t.Errorf("its own document: %+v", got)
	}
}
