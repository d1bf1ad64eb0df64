package bustest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/bus"
)

const childDir = "BUSTEST_CHILD_DIR"

// Child publishes until it is killed, when this process was started by [RunKill], and does not return then. Call it
// first in a test of its own, whose name is given to RunKill.
func Child(open Open) {
	dir := os.Getenv(childDir)
	if dir == "" {
		return
	}
	e, err := open(dir, 0)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	start, _ := strconv.Atoi(os.Getenv("BUSTEST_CHILD_START"))
	out := bufio.NewWriter(os.Stdout)
	for i := start; ; i++ {
		m := bus.Message{Topic: bus.TopicActivity, Tenant: "contoso", Key: "k", ID: fmt.Sprint(i), Data: fmt.Append(nil, i)}
		if err := e.Publish(context.Background(), m); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Fprintln(out, "stored", i)
		if err := out.Flush(); err != nil {
			os.Exit(1)
		}
	}
}

// RunKill starts this test binary again to publish, kills it with SIGKILL at a few points, and checks that every
// acknowledged message is delivered, once and in order.
func RunKill(t *testing.T, open Open, childTest string) {
	dir := t.TempDir()
	stored := -1
	for round := range 5 {
		stored = runChild(t, dir, childTest, stored+1, 100+round*137)
	}
	e := opened(t, open, dir, 0)
	c := newCollector(stored + 1)
	consume(t, e, bus.ConsumeOptions{MaxWait: 20 * time.Millisecond}, c.take)
	await(t, c.done, "delivery of what was acknowledged")
	last := -1
	for _, d := range c.deliveries() {
		i, err := strconv.Atoi(string(d.Data))
		if err != nil || i != last+1 {
			t.Fatalf("message %q after %d: lost, double or out of order", d.Data, last)
		}
		last = i
	}
	if last < stored {
		t.Fatalf("the last message is %d, but %d was acknowledged", last, stored)
	}
}

// runChild returns the last message that a child said was stored before it was killed.
func runChild(t *testing.T, dir, childTest string, start, count int) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+childTest+"$", "-test.v")
	cmd.Env = append(os.Environ(), childDir+"="+dir, "BUSTEST_CHILD_START="+strconv.Itoa(start))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last, seen := start-1, 0
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "error"); ok {
			t.Errorf("child: %s", text)
		}
		text, ok := strings.CutPrefix(lines.Text(), "stored ")
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
		t.Fatalf("the child stored %d messages and ended by itself", seen)
	}
	return last
}
