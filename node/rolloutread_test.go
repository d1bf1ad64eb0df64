package node

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/store/duckdb"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
)

// TestRipeRolloutReadsNowAndAgain: a rollout that waits for more sessions alone does not have its whole phase read again
// every minute, but at once when somebody has looked.
func TestRipeRolloutReadsNowAndAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) // a Monday
	clock := func() time.Time { return now }
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "referee.db"), sqlite.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	log, err := duckdb.Open(duckdb.Options{Dir: t.TempDir(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso"}); err != nil {
		t.Fatal(err)
	}
	docs, problems := policy.Decode("p.yaml", []byte(apitest.BlockPolicy))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := db.PutDocuments(t.Context(), "contoso", []policy.Revision{docs[0].Revise("contoso", 0, "ada", "")}); err != nil {
		t.Fatal(err)
	}
	if err := db.PutRollout(t.Context(), policy.RolloutState{Tenant: "contoso", Policy: "block-downloads", Phase: policy.PhaseMonitor, Since: now.AddDate(0, 0, -8), Version: 1}); err != nil {
		t.Fatal(err)
	}
	read := func(by string) {
		t.Helper()
		at := now.Add(-30 * time.Hour)
		if err := db.PutRead(t.Context(), policy.ReportRead{Tenant: "contoso", Policy: "block-downloads", Reader: by, At: at, Through: at}); err != nil {
			t.Fatal(err)
		}
	}
	read("ada")
	n := &Node{options: Options{Now: clock}, log: slog.New(slog.DiscardHandler), DB: db, Log: log, Tenants: tenant.NewDirectory()}
	if err := n.rollouts(t.Context(), "contoso"); err != nil { // too few sessions
		t.Fatal(err)
	}
	if err := log.Close(); err != nil { // whoever reads it from now on fails
		t.Fatal(err)
	}
	for range 9 {
		now = now.Add(time.Minute)
		if err := n.rollouts(t.Context(), "contoso"); err != nil {
			t.Fatalf("read again at %s: %v", now, err)
		}
	}
	now = now.Add(time.Minute)
	if err := n.rollouts(t.Context(), "contoso"); err == nil {
		t.Error("never read again")
	}
	now = now.Add(-5 * time.Minute)
	read("bert")
	if err := n.rollouts(t.Context(), "contoso"); err == nil {
		t.Error("not read when somebody had looked")
	}
}
