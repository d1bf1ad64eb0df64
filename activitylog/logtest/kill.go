package logtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/referee-casb/referee/activitylog"
)

const childDir = "LOGTEST_CHILD_DIR"

// killBatch is how many rows the child appends at once.
const killBatch = 20

// Child appends until it is killed, when this process was started by [RunKill], and does not return then. Call it first
// in a test of its own, whose name is given to RunKill.
func Child(open Open) {
	dir := os.Getenv(childDir)
	if dir == "" {
		return
	}
	fail := func(err error) {
		fmt.Println("error", err)
		os.Exit(1)
	}
	e, err := open(dir)
	if err != nil {
		fail(err)
	}
	out := bufio.NewWriter(os.Stdout)
	start, err := strconv.Atoi(os.Getenv("LOGTEST_CHILD_START"))
	if err != nil {
		fail(err)
	}
	for n := start; ; n++ {
		if err := e.Append(context.Background(), killedBatch(n)); err != nil {
			fail(err)
		}
		fmt.Fprintln(out, "acknowledged", n)
		if err := out.Flush(); err != nil {
			os.Exit(1)
		}
	}
}

func killedBatch(n int) activitylog.Batch {
	return batch(uint64(n*killBatch+1), rows(n*killBatch, (n+1)*killBatch)...)
}

// RunKill starts this test binary again to append, kills it with SIGKILL between batches and within them, and checks
// that what was acknowledged is there, and that delivering the last batches again, as the bus does, doubles nothing.
func RunKill(t *testing.T, open Open, childTest string) {
	dir := t.TempDir()
	acknowledged := -1
	for round := range 5 {
		// The batch after the last acknowledged one may or may not be there: it is delivered again.
		acknowledged = runChild(t, dir, childTest, max(acknowledged-2, 0), 7+9*round)
	}
	e := openedAt(t, open, dir)
	position, err := e.Position(t.Context(), tenant, november, 0)
	if err != nil || position < uint64((acknowledged+1)*killBatch) || position%killBatch != 0 {
		t.Fatalf("position %d, %v after %d acknowledged batches of %d", position, err, acknowledged+1, killBatch)
	}
	for n := max(acknowledged-2, 0); n <= acknowledged+1; n++ {
		appendAll(t, e, killedBatch(n))
	}
	got := all(t, e, activitylog.Query{Ascending: true}, activitylog.MaxLimit)
	want := (acknowledged + 2) * killBatch
	if len(got) != want {
		t.Fatalf("%d rows, want %d", len(got), want)
	}
	for n, a := range got {
		if a.ID != row(n).ID {
			t.Fatalf("row %d is %s: lost or double", n, a.ID)
		}
	}
}

// runChild returns the last batch that a child said was acknowledged before it was killed.
func runChild(t *testing.T, dir, childTest string, start, count int) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+childTest+"$", "-test.v")
	cmd.Env = append(os.Environ(), childDir+"="+dir, "LOGTEST_CHILD_START="+strconv.Itoa(start))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last, seen := -1, 0
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "error"); ok {
			t.Errorf("child: %s", text)
		}
		text, ok := strings.CutPrefix(lines.Text(), "acknowledged ")
		if !ok {
			continue
		}
		if last, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
		if seen++; seen == count {
			_ = cmd.Process.Kill() // SIGKILL: no handler of the child runs
		}
	}
	_ = cmd.Wait()
	if seen < count {
		t.Fatalf("the child acknowledged %d batches and ended by itself", seen)
	}
	return last
}
