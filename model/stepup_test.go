package model

import (
	"testing"
	"time"
)

func TestSatisfies(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	a := Authentication{
		Time: now.Add(-2 * time.Hour), ACR: "c2", AMR: []string{"pwd", "mfa"},
		Steps: []Satisfaction{
			{Kind: StepMFA, At: now.Add(-5 * time.Minute), By: "totp"},
			{Kind: StepContext, Value: "c1", At: now.Add(-time.Hour), By: "entra"},
			{Kind: StepTermsOfUse, Value: "guests", At: now.Add(time.Minute), By: "broker"},
		},
	}
	for name, c := range map[string]struct {
		need StepUp
		want bool
	}{
		"a second factor":                {StepUp{Kind: StepMFA}, true},
		"a fresh second factor":          {StepUp{Kind: StepMFA, Within: 10 * time.Minute}, true},
		"a second factor this minute":    {StepUp{Kind: StepMFA, Within: time.Minute}, false},
		"a context":                      {StepUp{Kind: StepContext, Value: "c1"}, true},
		"a context that is too old":      {StepUp{Kind: StepContext, Value: "c1", Within: time.Minute}, false},
		"the context of the sign-in":     {StepUp{Kind: StepContext, Value: "c2"}, true},
		"another context":                {StepUp{Kind: StepContext, Value: "c3"}, false},
		"a sign-in of today":             {StepUp{Kind: StepReauthenticate, Within: 24 * time.Hour}, true},
		"a sign-in of the last hour":     {StepUp{Kind: StepReauthenticate, Within: time.Hour}, false},
		"terms accepted in the future":   {StepUp{Kind: StepTermsOfUse, Value: "guests"}, false},
		"a changed password":             {StepUp{Kind: StepPasswordChange}, false},
		"an authentication strength":     {StepUp{Kind: StepStrength, Value: "phishingResistant"}, false},
		"a kind that does not exist yet": {StepUp{Kind: "other"}, false},
	} {
		if got := a.Satisfies(c.need, now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if (&Authentication{}).Satisfies(StepUp{Kind: StepContext}, now) {
		t.Error("a context without a name is met by a sign-in without one")
	}
}
