package duckdb

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
)

// october returns rows of the month before.
func october(from, to int) activitylog.Batch {
	b := batch("contoso", from, to)
	b.Month = "2026-10"
	for i := range b.Rows {
		b.Rows[i].Time = b.Rows[i].Time.AddDate(0, -1, 0)
	}
	return b
}

// filled returns the bytes of a closed file of 3,000 rows.
func filled(t *testing.T) []byte {
	t.Helper()
	l := openLog(t, t.TempDir())
	if err := l.Append(t.Context(), busyBatch(rand.New(rand.NewPCG(1, 2)), 0, 3000)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(l.path(fileKey{"contoso", "2026-11"}))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDamagedFileIsNamedAndHidesNoOther(t *testing.T) {
	t.Parallel()
	good := filled(t)
	flipped := func(at int) []byte {
		bad := append([]byte(nil), good...)
		for i := range 600 {
			bad[at+i] ^= 0x5a
		}
		return bad
	}
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("not a database"), "zeros": make([]byte, len(good)), "header": good[:8192],
		"half": good[:len(good)/2], "first block": flipped(12288 + 300), "head": flipped(0), "head of version": flipped(4096),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := openLog(t, t.TempDir())
			if err := l.Append(t.Context(), october(0, 5)); err != nil {
				t.Fatal(err)
			}
			path := l.path(fileKey{"contoso", "2026-11"})
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				page, err := l.Search(t.Context(), "contoso", activitylog.Query{})
				if err != nil || len(page.Activities) != 5 {
					t.Fatalf("%d rows of the other month, %v", len(page.Activities), err)
				}
				if len(page.Missing) != 1 || page.Missing[0].Month != "2026-11" || !strings.Contains(page.Missing[0].Err.Error(), path) ||
					!fault.Is(page.Missing[0].Err, fault.Unavailable) || fault.Help(page.Missing[0].Err) == "" {
					t.Fatalf("missing: %+v, want the month with its file and what to do", page.Missing)
				}
			}
			if got, err := l.Get(t.Context(), "contoso", october(0, 1).Rows[0].ID); err != nil || got.Tenant != "contoso" {
				t.Errorf("get from the other month: %v", err)
			}
			// Whether this one exists is not known.
			if _, err := l.Get(t.Context(), "contoso", "nowhere"); name != "half" && !fault.Is(err, fault.Unavailable) {
				t.Errorf("get of an id that may be in the damaged month: %v, want unavailable", err)
			}
			var last error
			for _, err := range l.Export(t.Context(), "contoso", activitylog.Query{}) {
				last = err
			}
			if !fault.Is(last, fault.Unavailable) {
				t.Errorf("export ends with %v, want unavailable", last)
			}
			restore(t, l, path, good)
		})
	}
}

// restore puts a good file in the damaged one's place while the log runs.
func restore(t *testing.T, l *Log, path string, good []byte) {
	t.Helper()
	l.opt.MaxOpen = 0
	l.evict(nil) // closes the file where it could be opened
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := l.Search(t.Context(), "contoso", activitylog.Query{Total: true})
	if err != nil || page.Total != 3005 || len(page.Missing) != 0 {
		t.Errorf("after the file was restored: %d rows, %v, %v", page.Total, page.Missing, err)
	}
}

func TestEngineIsStartedAgain(t *testing.T) {
	t.Parallel()
	l := openLog(t, t.TempDir())
	if err := l.Append(t.Context(), batch("contoso", 0, 5)); err != nil {
		t.Fatal(err)
	}
	// What DuckDB does with an instance that it gives up: it answers nothing any more.
	if err := l.engine.close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(t.Context(), batch("contoso", 5, 8)); err != nil {
		t.Fatalf("append: %v", err)
	}
	page, err := l.Search(t.Context(), "contoso", activitylog.Query{})
	if err != nil || len(page.Activities) != 8 {
		t.Fatalf("%d rows, %v", len(page.Activities), err)
	}
}

func TestBlamedFileStaysClosedUntilItIsAnother(t *testing.T) {
	t.Parallel()
	l := openLog(t, t.TempDir())
	if err := l.Append(t.Context(), batch("contoso", 0, 5)); err != nil {
		t.Fatal(err)
	}
	k := fileKey{"contoso", "2026-11"}
	l.opt.MaxOpen = 0
	l.evict(nil)
	l.blame(k, os.ErrInvalid)
	page, err := l.Search(t.Context(), "contoso", activitylog.Query{})
	if err != nil || len(page.Missing) != 1 {
		t.Fatalf("%+v, %v, want the month missing", page, err)
	}
	data, err := os.ReadFile(l.path(k))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(l.path(k)); err != nil {
		t.Fatal(err)
	}
	if page, err := l.Search(t.Context(), "contoso", activitylog.Query{}); err != nil || len(page.Activities)+len(page.Missing) != 0 {
		t.Fatalf("%+v, %v with the file moved away", page, err)
	}
	if err := os.WriteFile(l.path(k), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if page, err := l.Search(t.Context(), "contoso", activitylog.Query{}); err != nil || len(page.Activities) != 5 {
		t.Fatalf("%+v, %v with the file restored", page, err)
	}
}
