package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/lint"
)

// caWith is a Conditional Access document with something in its conditions.
func caWith(users, apps, conditions string) string {
	return fmt.Sprintf("kind: ConditionalAccess\nid: a\nname: A\nconditions:\n  users: {%s}\n  applications: {%s}\n%sgrantControls: {builtInControls: [block]}\n", users, apps, conditions)
}

func device(filter string) string {
	return caWith("includeUsers: [All]", "includeApplications: [All]", "  devices: {deviceFilter: {mode: include, "+filter+"}}\n")
}

// TestWhatIsAcceptedCanBeReadAgain has documents whose stored form was another one once, which could not be read and
// so froze the policies of the tenant.
func TestWhatIsAcceptedCanBeReadAgain(t *testing.T) {
	t.Parallel()
	var models []string
	for i := range 114 {
		models = append(models, fmt.Sprintf(`device.model eq "m%03d"`, i))
	}
	for name, c := range map[string]struct {
		text, refused string // "" when it is accepted
	}{
		"client apps by both words": {caWith("includeUsers: [All]", "includeApplications: [All]", "  clientAppTypes: [exchangeActiveSync, easSupported]\n"), ""},
		"a suite by both words":     {caWith("includeUsers: [All]", "includeApplications: [Office365, office365], excludeApplications: [office365, Office365]", ""), ""},
		"no tags":                   {device("tags: []"), "the list is empty"},
		"an empty rule":             {device(`rule: ""`), "the rule is empty"},
		"a rule that grows":         {device("rule: '" + strings.Join(models, " or ") + "'"), "the rule has 3187 characters"},
		"not not":                   {device("rule: '" + strings.Repeat("-not ", 13) + "device.isCompliant -eq True'"), "nested deeper than 24"},
		"not not, not as deep":      {device("rule: '" + strings.Repeat("-not ", 12) + "device.isCompliant -eq True'"), ""},
		"no flows":                  {caWith("includeUsers: [All]", "includeApplications: [All]", "  authenticationFlows: {transferMethods: []}\n"), "the list is empty"},
		"no kinds of guests": {
			caWith("includeGuestsOrExternalUsers: {guestOrExternalUserTypes: [], externalTenants: {membershipKind: all}}", "includeApplications: [All]", ""), "the list is empty",
		},
		"no kinds of guests left out": {
			caWith("includeUsers: [All], excludeGuestsOrExternalUsers: {guestOrExternalUserTypes: []}", "includeApplications: [All]", ""), "the list is empty",
		},
	} {
		docs, problems := policy.Decode("", []byte(c.text))
		if err := problems.Err(); (c.refused == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s: problems are %v, want %q", name, err, c.refused)
		}
		lint.Run(docs, lint.World{}) // looks at documents with mistakes as well
		if c.refused == "" && len(docs) == 1 {
			roundTrip(t, docs[0])
		}
	}
}

// TestRegisteringDevicesIsRefused: nobody registers a device through Referee, so such a policy would look as if it
// kept somebody from it.
func TestRegisteringDevicesIsRefused(t *testing.T) {
	t.Parallel()
	can := policy.Capabilities{Inspector: true, Malware: true, Labels: true, Protect: true, StepUp: true}
	for actions, want := range map[string]bool{
		`["urn:user:registerdevice"]`:                                  true,
		`["urn:user:registersecurityinfo", "urn:user:registerdevice"]`: true,
		`["urn:user:registersecurityinfo"]`:                            false,
	} {
		docs, problems := policy.Decode("", []byte(caWith("includeUsers: [All]", "includeUserActions: "+actions, "")))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		wrong := policy.Refused(docs, can)
		if refused := len(wrong) == 1 && wrong[0].Path == "conditions.applications.includeUserActions"; refused != want {
			t.Errorf("%s: %v", actions, wrong)
		}
	}
}
