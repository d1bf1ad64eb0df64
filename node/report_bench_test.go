package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/store/duckdb"
)

// BenchmarkReport reads a rollout's report from a month of 1,000,000 activities in 25,000 sessions, for policies
// that matched one in a thousand, one in a hundred and one in ten of them.
func BenchmarkReport(b *testing.B) {
	const rows, each = 1_000_000, 10_000
	start := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	log, err := duckdb.Open(duckdb.Options{Dir: b.TempDir(), MemoryLimit: 512 << 20, Now: func() time.Time { return start.Add(24 * time.Hour) }})
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close() //nolint:errcheck // the folder goes with it
	for from := 0; from < rows; from += each {
		batch := activitylog.Batch{Tenant: "contoso", Month: "2026-11", First: uint64(from + 1), Last: uint64(from + each), Rows: make([]model.Activity, each)}
		for i := range batch.Rows {
			n := from + i
			a := model.Activity{
				Tenant: "contoso", Revision: 1, Time: start.Add(time.Duration(n) * 2 * time.Second), Recorded: start, Source: model.SourceSession, Type: model.ActivityDownload,
				App: model.AppRef{ID: 15600, Key: "onedrive", Name: "OneDrive", Instance: "files"}, Session: model.SessionID(fmt.Sprintf("s%d", n/40)),
				User:  model.User{ID: model.UserID(fmt.Sprintf("u%d", n%400)), Username: fmt.Sprintf("user%d@contoso.example", n%400)},
				Files: []model.File{{ID: fmt.Sprintf("f%d", n), Name: fmt.Sprintf("Board minutes %d.docx", n), Size: 20_000}}, Host: "files.example", Path: fmt.Sprintf("/d/%d", n),
			}
			for _, share := range []int{1000, 100, 10} {
				if n%share == 0 {
					a.Policies = append(a.Policies, model.PolicyRef{ID: fmt.Sprintf("one-in-%d", share), Name: "Block downloads", Action: "block", Monitor: true})
				}
			}
			a.ID = activitylog.ID(a.Tenant, a.Source, fmt.Sprint(n))
			a.Reference = activitylog.Reference(a.ID)
			batch.Rows[i] = a
		}
		if err := log.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	for _, share := range []int{1000, 100, 10} {
		b.Run(fmt.Sprintf("matched=%d", rows/share), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := api.Report(b.Context(), log, "contoso", fmt.Sprintf("one-in-%d", share), start, time.Time{})
				if err != nil || r.Seen != rows || r.Stopped != rows/share || r.Sessions != 1000 || !r.From.Equal(start) {
					b.Fatalf("%d seen, %d stopped, %d sessions, %v", r.Seen, r.Stopped, r.Sessions, err)
				}
			}
		})
	}
}
