package duckdb

import (
	"fmt"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
)

var start = time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)

func openLog(t testing.TB, dir string) *Log {
	t.Helper()
	l, err := Open(Options{Dir: dir, Now: func() time.Time { return start.Add(24 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// activity returns the nth activity of a tenant; they are a second apart.
func activity(tenant model.TenantID, n int) model.Activity {
	a := model.Activity{
		Tenant: tenant, Revision: 1, Time: start.Add(time.Duration(n) * time.Second), Recorded: start, Source: model.SourceSession,
		Type: model.ActivityDownload, App: model.AppRef{ID: 11161, Key: "onedrive", Name: "OneDrive"},
		User: model.User{ID: model.UserID(fmt.Sprintf("u%d", n%7)), Username: fmt.Sprintf("user%d@contoso.example", n%7), Groups: []model.GroupID{"Board", "Staff"}},
	}
	a.ID = activitylog.ID(tenant, a.Source, fmt.Sprint(n))
	a.Reference = activitylog.Reference(a.ID)
	return a
}

func batch(tenant model.TenantID, from, to int) activitylog.Batch {
	b := activitylog.Batch{Tenant: tenant, Month: "2026-11", First: uint64(from + 1), Last: uint64(to)}
	for n := from; n < to; n++ {
		b.Rows = append(b.Rows, activity(tenant, n))
		b.Sequences = append(b.Sequences, uint64(n+1))
	}
	return b
}

func TestAppendedIsFound(t *testing.T) {
	t.Parallel()
	l := openLog(t, t.TempDir())
	if err := l.Append(t.Context(), batch("contoso", 0, 10)); err != nil {
		t.Fatal(err)
	}
	page, err := l.Search(t.Context(), "contoso", activitylog.Query{Limit: 4, Total: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Activities) != 4 || page.Total != 10 || page.Activities[0].ID != activity("contoso", 9).ID || page.Next == "" {
		t.Fatalf("%+v", page)
	}
	b, err := l.Count(t.Context(), "contoso", activitylog.Query{}, "user.tags", 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(b)
	got, err := l.Find(t.Context(), "contoso", activitylog.FormatReference(activity("contoso", 3).Reference))
	if err != nil || got.ID != activity("contoso", 3).ID {
		t.Fatal(got, err)
	}
	n := 0
	for _, err := range l.Export(t.Context(), "contoso", activitylog.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 10 {
		t.Fatal(n)
	}
}
