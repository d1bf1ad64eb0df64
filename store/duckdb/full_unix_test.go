//go:build unix

package duckdb

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
)

const fullDir = "DUCKDB_FULL_DIR"

// TestFullDisk runs a child whose files may not grow: to DuckDB that is a full disk.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDiskChild$", "-test.v")
	cmd.Env = append(os.Environ(), fullDir+"="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestFullDiskChild") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestFullDiskChild(t *testing.T) {
	dir := os.Getenv(fullDir)
	if dir == "" {
		t.Skip("runs as a child of TestFullDisk")
	}
	signal.Ignore(syscall.SIGXFSZ)
	l := openLog(t, dir)
	const size = 500
	rng := rand.New(rand.NewPCG(1, 2))
	limit(t, 6<<20)
	acknowledged, failed := 0, 0
	for failed < 3 && acknowledged < 100 {
		err := l.Append(t.Context(), busyBatch(rng, acknowledged*size, size))
		switch {
		case err == nil:
			acknowledged++
		case fault.Is(err, fault.Unavailable):
			failed++
			t.Logf("after %d batches: %v", acknowledged, err)
		default:
			t.Fatalf("%s: %v, want unavailable", fault.KindOf(err), err)
		}
	}
	if failed == 0 || acknowledged == 0 {
		t.Fatalf("%d batches were taken and %d refused", acknowledged, failed)
	}
	check := func() {
		t.Helper()
		page, err := l.Search(t.Context(), "contoso", activitylog.Query{Total: true})
		if err != nil || len(page.Missing) > 0 || page.Total != int64(acknowledged*size) {
			t.Fatalf("%d rows, %v, %v: want the %d that were acknowledged", page.Total, page.Missing, err, acknowledged*size)
		}
	}
	check()
	// Folding the log into the file fails as well; the log keeps what was acknowledged.
	limit(t, 1<<20)
	l.opt.MaxOpen = 0
	l.evict(nil)
	l.opt.MaxOpen = 64
	check()
	limit(t, math.MaxUint64)
	for range 3 {
		if err := l.Append(t.Context(), busyBatch(rng, acknowledged*size, size)); err != nil {
			t.Fatalf("with room again: %v", err)
		}
		acknowledged++
	}
	check()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, dir)
	check()
}

func limit(t *testing.T, bytes uint64) {
	t.Helper()
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &r); err != nil {
		t.Fatal(err)
	}
	r.Cur = min(bytes, r.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &r); err != nil {
		t.Fatal(err)
	}
}
