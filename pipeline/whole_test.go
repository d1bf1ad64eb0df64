package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/bus/jetstream"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/pipeline"
	"github.com/referee-casb/referee/store/duckdb"
	"github.com/referee-casb/referee/store/sqlite"
)

// node is recorder, bus, pipeline and log in one process, with the real engines.
type node struct {
	db   *sqlite.DB
	bus  *jetstream.Bus
	log  *duckdb.Log
	rec  *activitylog.Recorder
	pipe *pipeline.Pipeline
	stop func()
}

func start(t testing.TB, dir string, opt pipeline.Options) *node {
	t.Helper()
	var n node
	var err error
	if n.bus, err = jetstream.Open(context.Background(), jetstream.Options{Dir: filepath.Join(dir, "bus")}); err != nil {
		t.Fatal(err)
	}
	if n.db, err = sqlite.Open(context.Background(), filepath.Join(dir, "referee.db"), sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	if n.log, err = duckdb.Open(duckdb.Options{Dir: filepath.Join(dir, "activity"), Intake: n.db}); err != nil {
		t.Fatal(err)
	}
	n.rec = activitylog.NewRecorder(n.bus, activitylog.RecorderOptions{})
	n.pipe = pipeline.New(n.bus, n.log, opt)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for _, run := range []func(context.Context) error{n.rec.Run, n.pipe.Run} {
		group.Go(func() {
			if err := run(ctx); err != nil {
				t.Errorf("run: %v", err)
			}
		})
	}
	n.stop = sync.OnceFunc(func() {
		cancel()
		group.Wait()
		if err := n.log.Close(); err != nil {
			t.Error(err)
		}
		if err := n.db.Close(); err != nil {
			t.Error(err)
		}
		if err := n.bus.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(n.stop)
	return &n
}

func download(user int) *model.Activity {
	return &model.Activity{
		Tenant: "contoso", Source: model.SourceSession, Type: model.ActivityDownload,
		User: model.User{ID: model.UserID(fmt.Sprint("u", user))}, Files: []model.File{{Name: "budget.xlsx", Size: 5}},
	}
}

// until asks again until ok, which a test waits for at most twenty seconds.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen", what)
		}
	}
}

func TestPublishedIsFoundWithinASecond(t *testing.T) {
	t.Parallel()
	n := start(t, t.TempDir(), pipeline.Options{})
	ctx := t.Context()
	for i := range 3 {
		a := download(i)
		if err := n.rec.Intent(ctx, a); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		until(t, "finding", func() bool {
			got, err := n.log.Find(ctx, "contoso", a.Reference)
			return err == nil && got.ID == a.ID
		})
		took := time.Since(began)
		t.Logf("found after %v", took)
		if i > 0 && took > time.Second { // the first makes the file
			t.Errorf("found after %v, want a second", took)
		}
		a.Outcome, a.BytesDown = model.OutcomeComplete, 5
		if err := n.rec.Outcome(ctx, a); err != nil {
			t.Fatal(err)
		}
		until(t, "the outcome", func() bool {
			got, err := n.log.Get(ctx, "contoso", a.ID)
			return err == nil && got.Outcome == model.OutcomeComplete
		})
	}
}

func TestRestartLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var ids []model.ActivityID
	for round := range 3 {
		n := start(t, dir, pipeline.Options{})
		for i := range 100 {
			a := download(i)
			if err := n.rec.Event(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, a.ID)
		}
		if round < 2 {
			n.stop() // with much of it not yet consumed
			continue
		}
		until(t, "catching up", func() bool { return total(t, n) >= len(ids) })
		if got := total(t, n); got != len(ids) {
			t.Fatalf("%d activities, want %d", got, len(ids))
		}
		for _, id := range ids {
			if _, err := n.log.Get(t.Context(), "contoso", id); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func total(t testing.TB, n *node) int {
	t.Helper()
	page, err := n.log.Search(t.Context(), "contoso", activitylog.Query{Limit: 1, Total: true})
	if err != nil {
		t.Fatal(err)
	}
	return int(page.Total)
}

func TestIntentOfADeadWriterIsClosedAndALateOutcomeWins(t *testing.T) {
	t.Parallel()
	n := start(t, t.TempDir(), pipeline.Options{})
	ctx := t.Context()
	a := download(1)
	if err := n.rec.Intent(ctx, a); err != nil {
		t.Fatal(err)
	}
	outcome := func(want model.Outcome) func() bool {
		return func() bool {
			got, err := n.log.Get(ctx, "contoso", a.ID)
			return err == nil && got.Outcome == want
		}
	}
	until(t, "the intent", outcome(model.OutcomeNone))
	c := pipeline.NewCloser(n.log, n.rec, pipeline.CloserOptions{
		Tenants: func() []model.TenantID { return []model.TenantID{"contoso"} },
		Now:     func() time.Time { return time.Now().Add(16 * time.Minute) },
	})
	if closed, err := c.RunOnce(ctx); err != nil || closed != 1 {
		t.Fatalf("%d closed, %v", closed, err)
	}
	until(t, "closing", outcome(model.OutcomeUnknown))
	if closed, err := c.RunOnce(ctx); err != nil || closed != 0 {
		t.Fatalf("%d closed again, %v", closed, err)
	}
	a.Outcome = model.OutcomeAborted
	if err := n.rec.Outcome(ctx, a); err != nil {
		t.Fatal(err)
	}
	until(t, "the late outcome", outcome(model.OutcomeAborted))
	if got := total(t, n); got != 1 {
		t.Fatalf("%d activities, want 1", got)
	}
}

func TestDeadLettersAreKeptAndReplayed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := &pipeline.Folder{Dir: filepath.Join(dir, "dead")}
	n := start(t, dir, pipeline.Options{DeadLetters: folder, ParkAfter: 2})
	ctx := t.Context()
	// A file where the tenant's directory should be: no append can succeed.
	block := filepath.Join(dir, "activity", "contoso")
	if err := os.WriteFile(block, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := n.bus.Publish(ctx, bus.Message{Topic: bus.TopicActivity, Tenant: "contoso", ID: "bad", Data: []byte("no activity")}); err != nil {
		t.Fatal(err)
	}
	a := download(1)
	other := download(1)
	other.Tenant = "fabrikam"
	for _, a := range []*model.Activity{a, other} {
		if err := n.rec.Event(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "parking", func() bool { c := n.pipe.Counts(); return c.Parked == 1 && c.DeadLetters == 1 })
	until(t, "the other tenant's activity", func() bool { _, err := n.log.Get(ctx, "fabrikam", other.ID); return err == nil })
	if err := os.Remove(block); err != nil {
		t.Fatal(err)
	}
	published, remaining, err := folder.Replay(ctx, n.bus, "contoso")
	if err != nil || published != 1 || remaining != 1 {
		t.Fatalf("%d published, %d remain, %v; want the activity, and what is none", published, remaining, err)
	}
	until(t, "the replayed activity", func() bool { _, err := n.log.Get(ctx, "contoso", a.ID); return err == nil })
	if _, _, err := folder.Replay(ctx, n.bus, "../contoso"); !fault.Is(err, fault.Invalid) {
		t.Fatalf("a tenant that is a path: %v, want a fault of kind invalid", err)
	}
}
