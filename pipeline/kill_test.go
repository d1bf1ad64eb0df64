package pipeline_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/pipeline"
)

const childDir = "PIPELINE_CHILD_DIR"

// TestKilledProcess kills a process that records and stores at once, several times, and checks that every intent that
// was acknowledged is in the log exactly once, and none claims an outcome that was not recorded.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	intents, outcomes := map[string]bool{}, map[string]bool{}
	for round := range 4 {
		runChild(t, dir, 150+100*round, intents, outcomes)
	}
	n := start(t, dir, pipeline.Options{})
	until(t, "catching up", func() bool {
		u, err := n.bus.Usage(t.Context())
		return err == nil && u.Messages == 0
	})
	got := map[string]model.Outcome{}
	for a, err := range n.log.Export(t.Context(), "contoso", activitylog.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, double := got[string(a.ID)]; double {
			t.Fatalf("%s is there twice", a.ID)
		}
		got[string(a.ID)] = a.Outcome
	}
	for id := range intents {
		outcome, ok := got[id]
		if !ok {
			t.Errorf("%s was acknowledged and is lost", id)
		}
		if outcomes[id] && outcome != model.OutcomeComplete {
			t.Errorf("%s: outcome %q, but complete was acknowledged", id, outcome)
		}
	}
	// What was stored and not yet told when the process died may be there beside: one a user at most.
	if len(got) > len(intents)+4*8 {
		t.Errorf("%d activities, %d acknowledged", len(got), len(intents))
	}
	t.Logf("%d intents, %d outcomes", len(intents), len(outcomes))
}

// TestKilledProcessChild runs only as the child of TestKilledProcess.
func TestKilledProcessChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("runs only as the child of TestKilledProcess")
	}
	n := start(t, dir, pipeline.Options{MaxWait: 20 * time.Millisecond})
	told := make(chan string)
	for user := range 8 {
		go func() {
			for {
				a := download(user)
				if err := n.rec.Intent(t.Context(), a); err != nil {
					told <- fmt.Sprint("error ", err)
					return
				}
				told <- "intent " + string(a.ID)
				a.Outcome = model.OutcomeComplete
				if err := n.rec.Outcome(t.Context(), a); err != nil {
					told <- fmt.Sprint("error ", err)
					return
				}
				if n.rec.Counts().OutcomesRetried == 0 { // else it was kept in memory only
					told <- "outcome " + string(a.ID)
				}
			}
		}()
	}
	out := bufio.NewWriter(os.Stdout)
	for line := range told {
		fmt.Fprintln(out, line)
		if err := out.Flush(); err != nil {
			os.Exit(1)
		}
	}
}

// runChild starts the child, notes what it says was acknowledged, and kills it after a number of intents.
func runChild(t *testing.T, dir string, count int, intents, outcomes map[string]bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcessChild$", "-test.v")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := 0
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		word, id, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "error":
			t.Errorf("child: %s", id)
		case "intent":
			intents[id] = true
			if seen++; seen == count {
				_ = cmd.Process.Kill() // SIGKILL: no handler of the child runs
			}
		case "outcome":
			outcomes[id] = true
		}
	}
	_ = cmd.Wait()
	if seen < count {
		t.Fatalf("the child recorded %d intents and ended by itself", seen)
	}
}

// BenchmarkWhole is activities a second from the bus into the log, with tenants' shares of one node.
func BenchmarkWhole(b *testing.B) {
	for _, tenants := range []int{1, 20} {
		b.Run(fmt.Sprintf("tenants=%d", tenants), func(b *testing.B) {
			n := start(b, b.TempDir(), pipeline.Options{})
			const batch = 500
			sent := 0
			for b.Loop() {
				for i := range batch {
					a := download(i % 40)
					a.Tenant = model.TenantID(fmt.Sprint("tenant-", i%tenants))
					n.rec.View(a)
				}
				sent += batch
				until(b, "room", func() bool { return sent-int(n.rec.Counts().Views+n.rec.Counts().ViewsDropped) < 3000 })
			}
			until(b, "the rest", func() bool {
				return n.pipe.Counts().Messages >= n.rec.Counts().Views && n.rec.Counts().Views+n.rec.Counts().ViewsDropped == uint64(sent)
			})
			b.ReportMetric(float64(n.rec.Counts().Views)/b.Elapsed().Seconds(), "activities/s")
			b.ReportMetric(float64(n.rec.Counts().ViewsDropped), "dropped")
		})
	}
}
