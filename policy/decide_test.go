package policy_test

import (
	"flag"
	"testing"

	"github.com/referee-casb/referee/policy/policytest"
)

var update = flag.Bool("update", false, "write the verdicts into the case tables")

func TestDecisions(t *testing.T) {
	if n := policytest.Run(t, "testdata/decide/*.txt", *update); n < 350 {
		t.Errorf("there are %d cases, want 350 or more", n)
	}
}
