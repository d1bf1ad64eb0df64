// Package prereqtest says what becomes of a test whose programs or data are not on the machine: `make test` and CI
// have installed or built them, so there it fails; a single test that somebody runs is skipped aloud.
//
// It owns that rule, not the list of programs (build/packages.txt). For tests alone.
package prereqtest

import (
	"os"
	"testing"
)

// Missing ends a test that lacks something. mend says what provides it.
func Missing(t testing.TB, what, mend string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: %s", what, mend)
	}
	t.Skipf("%s is missing: %s", what, mend)
}
