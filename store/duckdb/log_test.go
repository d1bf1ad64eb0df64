package duckdb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
)

var november = fileKey{"contoso", "2026-11"}

// query runs a statement on a tenant's open file, in which $F is its name.
func query(t *testing.T, l *Log, k fileKey, statement string) error {
	t.Helper()
	return l.with(t.Context(), "test", k, false, func(f *file) error {
		_, err := l.engine.db.ExecContext(t.Context(), strings.ReplaceAll(statement, "$F", f.alias))
		return err
	})
}

func TestInstanceIsConfined(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := openLog(t, filepath.Join(dir, "log"))
	outside := filepath.Join(dir, "secret.csv")
	if err := os.WriteFile(outside, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"SELECT * FROM read_csv('" + outside + "')",
		"SELECT * FROM read_text('" + l.opt.Dir + "/../secret.csv')",
		"SELECT * FROM '" + outside + "'",
		"COPY (SELECT 1) TO '" + filepath.Join(dir, "out.csv") + "'",
		"ATTACH '" + filepath.Join(dir, "other.duckdb") + "' AS other",
		"ATTACH '/proc/self/mem' AS other",
		"INSTALL httpfs", "LOAD httpfs",
		"SET threads = 64", "SET GLOBAL memory_limit = '100GB'", "SET enable_external_access = true", "RESET lock_configuration",
	} {
		if _, err := l.engine.db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s was allowed", statement)
		}
	}
}

func TestFolderBelongsToOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := openLog(t, dir)
	if _, err := Open(Options{Dir: dir}); !fault.Is(err, fault.Conflict) {
		t.Fatalf("second open: %v, want a conflict", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Search(t.Context(), "contoso", activitylog.Query{}); err != nil {
		t.Fatalf("a tenant without files needs no engine: %v", err)
	}
	if err := l.Append(t.Context(), batch("contoso", 0, 1)); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("append to a closed log: %v, want unavailable", err)
	}
	openLog(t, dir)
	if _, err := Open(Options{}); !fault.Is(err, fault.Invalid) {
		t.Fatalf("open without a folder: %v, want invalid", err)
	}
}

func TestNewerLayoutIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := openLog(t, dir)
	if err := l.Append(t.Context(), batch("contoso", 0, 5)); err != nil {
		t.Fatal(err)
	}
	if err := query(t, l, november, "UPDATE $F.main.about SET value = '99'"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(l.path(november))
	if err != nil {
		t.Fatal(err)
	}
	l = openLog(t, dir)
	err = l.Append(t.Context(), batch("contoso", 5, 6))
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "newer") {
		t.Fatalf("append: %v, want a refusal", err)
	}
	if page, err := l.Search(t.Context(), "contoso", activitylog.Query{}); err != nil || len(page.Missing) != 1 {
		t.Fatalf("search: %+v, %v, want the month missing", page, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(l.path(november)); err != nil || !slices.Equal(before, after) {
		t.Fatalf("the file was changed, %v", err)
	}
}

// TestColumnsOfAnotherBuild opens files as builds with fewer, other and more columns left them.
func TestColumnsOfAnotherBuild(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"fewer": "ALTER TABLE $F.main.activities DROP COLUMN user_username_fold",
		"other": "ALTER TABLE $F.main.activities ALTER app_id TYPE VARCHAR",
		"more":  "ALTER TABLE $F.main.activities ADD COLUMN of_tomorrow VARCHAR DEFAULT 'x'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l := openLog(t, dir)
			if err := l.Append(t.Context(), batch("contoso", 0, rebuildRows+50)); err != nil {
				t.Fatal(err)
			}
			if err := query(t, l, november, statement); err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			// What a process left that was killed while it made the file again.
			if err := os.WriteFile(l.path(november)+".new", []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			l = openLog(t, dir)
			page, err := l.Search(t.Context(), "contoso", activitylog.Query{
				Total:  true,
				Filter: filter.AllOf(filter.Cond("user.username", filter.Eq, "user3@contoso.example"), filter.Cond("service", filter.Eq, "11161")),
			})
			if want := int64((rebuildRows + 50 + 3) / 7); err != nil || page.Total != want {
				t.Fatalf("%d rows, %v, %v, want %d", page.Total, page.Missing, err, want)
			}
			if at, err := l.Position(t.Context(), "contoso", "2026-11", 0); err != nil || at != rebuildRows+50 {
				t.Fatalf("position %d, %v", at, err)
			}
			if err := l.Append(t.Context(), batch("contoso", rebuildRows+40, rebuildRows+60)); err != nil {
				t.Fatal(err)
			}
			if page, err := l.Search(t.Context(), "contoso", activitylog.Query{Total: true}); err != nil || page.Total != rebuildRows+60 {
				t.Fatalf("%d rows, %v", page.Total, err)
			}
		})
	}
}

func TestPagesAreBoundByBytes(t *testing.T) {
	t.Parallel()
	l := openLog(t, t.TempDir())
	if err := l.Append(t.Context(), batch("contoso", 0, 50)); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(t.Context(), october(0, 10)); err != nil {
		t.Fatal(err)
	}
	l.pageBytes = 2000
	seen, pages := map[string]bool{}, 0
	q := activitylog.Query{Limit: 40}
	for {
		page, err := l.Search(t.Context(), "contoso", q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Activities {
			seen[string(a.ID)+string(activitylog.MonthOf(a.Time))] = true
		}
		pages++
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if len(seen) != 60 || pages < 10 {
		t.Fatalf("%d rows in %d pages, want 60 in small ones", len(seen), pages)
	}
	n := 0
	for _, err := range l.Export(t.Context(), "contoso", activitylog.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 60 {
		t.Fatalf("an export of %d rows, want 60", n)
	}
}

func TestQueriesAreBound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := openLog(t, dir)
	if err := l.Append(t.Context(), busyBatch(rand.New(rand.NewPCG(1, 2)), 0, 20000)); err != nil {
		t.Fatal(err)
	}
	l.opt.QueryTimeout = time.Nanosecond
	if _, err := l.Search(t.Context(), "contoso", activitylog.Query{}); !fault.Is(err, fault.Limited) {
		t.Errorf("a query without time: %v, want limited", err)
	}
	if _, err := l.Count(t.Context(), "contoso", activitylog.Query{}, "user.username", 5); !fault.Is(err, fault.Limited) {
		t.Errorf("a count without time: %v, want limited", err)
	}
	l.opt.QueryTimeout = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Count(ctx, "contoso", activitylog.Query{}, "user.username", 5); !fault.Is(err, fault.Canceled) {
		t.Errorf("a count that nobody waits for: %v, want canceled", err)
	}
	// A query that would need more memory and disk than the instance has.
	err := l.with(t.Context(), "test", november, false, func(f *file) error {
		var n int
		return l.engine.db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT count(DISTINCT (a.activity_id || b.record || c.i::VARCHAR)) FROM "+
			"%[1]s.main.activities a, (SELECT record FROM %[1]s.main.activities LIMIT 1000) b, range(50) c(i)", f.alias)).Scan(&n)
	})
	if !fault.Is(err, fault.Limited) {
		t.Errorf("a query without memory: %v, want limited", err)
	}
	if page, err := l.Search(t.Context(), "contoso", activitylog.Query{Total: true}); err != nil || page.Total != 20000 {
		t.Errorf("afterwards: %d rows, %v", page.Total, err)
	}
}

// TestFilesComeAndGo appends, searches, counts and drops at once while only two files may be open.
func TestFilesComeAndGo(t *testing.T) {
	t.Parallel()
	l, err := Open(Options{Dir: t.TempDir(), MaxOpen: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 3)
	go func() {
		for n := 0; ctx.Err() == nil; n++ {
			b := october(n*3, n*3+3)
			b.Tenant = "fabrikam"
			for i := range b.Rows {
				b.Rows[i].Tenant = "fabrikam"
			}
			if err := l.Append(t.Context(), b); err != nil {
				done <- err
				return
			}
			if _, err := l.DropBefore(t.Context(), "fabrikam", start); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	go func() {
		for ctx.Err() == nil {
			if _, err := l.Count(t.Context(), "contoso", activitylog.Query{}, "app", 5); err != nil {
				done <- err
				return
			}
			page, err := l.Search(t.Context(), "fabrikam", activitylog.Query{})
			if err != nil || len(page.Missing) > 0 {
				done <- fmt.Errorf("search: %v, %v", page.Missing, err)
				return
			}
		}
		done <- nil
	}()
	for n := range 40 {
		b := batch("contoso", n, n+1)
		month := start.AddDate(0, n%5, 0)
		b.Month, b.Rows[0].Time = activitylog.MonthOf(month), month
		if err := l.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	page, err := l.Search(t.Context(), "contoso", activitylog.Query{Total: true})
	if err != nil || page.Total != 40 {
		t.Fatalf("%d rows, %v", page.Total, err)
	}
}
