package policy_test

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/policy"
)

// TestPasswordChangeRestsOnRisk: nothing but the person's risk shows that a password was changed, so a policy that
// asks for one without, or that takes an untold risk for a high one, would keep people out for good.
func TestPasswordChangeRestsOnRisk(t *testing.T) {
	t.Parallel()
	const head = "kind: ConditionalAccess\nid: a\nname: A\nconditions:\n  users: {includeUsers: [All]}\n  applications: {includeApplications: [All]}\n"
	const change = "grantControls: {builtInControls: [mfa, passwordChange]}\n"
	for text, want := range map[string]string{
		change:                                  "write userRiskLevels: [high]",
		change + "unscannable: allow\n":         "write userRiskLevels: [high]",
		"  userRiskLevels: [high]\n" + change:   "write unscannable: allow",
		"  signInRiskLevels: [high]\n" + change: "write userRiskLevels: [high]",
		"  userRiskLevels: [high]\n" + change + "unscannable: allow\n": "",
	} {
		_, problems := policy.Decode("", []byte(head+text))
		if err := problems.Err(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: problems are %v, want %q", text, err, want)
		}
	}
}
