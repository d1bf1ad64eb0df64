package duckdb

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// busy returns an activity with the facts of a usual download: about 1.5 kB of JSON.
func busy(rng *rand.Rand, n int) model.Activity {
	a := activity("contoso", n)
	a.Time = start.Add(time.Duration(n) * 200 * time.Millisecond)
	a.User.Username = fmt.Sprintf("user%d@contoso.example", rng.IntN(400))
	a.User.Name = "Anna Andersen"
	a.Session = model.SessionID(fmt.Sprintf("s%d", n/40))
	a.Device = model.ActivityDevice{ID: "d1", Tags: []model.DeviceTag{model.TagUnmanaged}}
	a.Network = model.Network{Address: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), Country: "DK", City: "Aarhus", Categories: []string{"Corporate"}}
	a.Agent = model.Agent{Raw: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", OS: "Windows 10", Browser: "Chrome 142", DeviceType: model.DevicePC}
	a.Files = []model.File{{ID: fmt.Sprintf("f%d", rng.IntN(100000)), Name: fmt.Sprintf("Board minutes %d.docx", rng.IntN(100000)), Size: int64(rng.IntN(1 << 20)), MIME: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}}
	a.Policies = []model.PolicyRef{{ID: "p1", Name: "Block download from unmanaged", Action: "block"}}
	a.Host, a.Path, a.Method, a.Status = "contoso-my.example", fmt.Sprintf("/personal/anna/_layouts/15/download.aspx/%d", n), "GET", 200
	a.Reason = "the device is not managed"
	return a
}

func busyBatch(rng *rand.Rand, from, n int) activitylog.Batch {
	b := activitylog.Batch{Tenant: "contoso", Month: "2026-11", First: uint64(from + 1), Last: uint64(from + n), Rows: make([]model.Activity, n)}
	for i := range b.Rows {
		b.Rows[i] = busy(rng, from+i)
	}
	return b
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("rows=%d", size), func(b *testing.B) {
			l := openLog(b, b.TempDir())
			rng := rand.New(rand.NewPCG(1, 2))
			b.ReportAllocs()
			from := 0
			for b.Loop() {
				b.StopTimer()
				batch := busyBatch(rng, from, size)
				from += size
				b.StartTimer()
				if err := l.Append(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(from)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	const rows = 300_000
	l := openLog(b, b.TempDir())
	rng := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < rows; from += 10000 {
		if err := l.Append(b.Context(), busyBatch(rng, from, 10000)); err != nil {
			b.Fatal(err)
		}
	}
	search := func(q activitylog.Query) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Search(b.Context(), "contoso", q); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	user := filter.Cond("user.username", filter.Eq, "user7@contoso.example")
	b.Run("newest50", search(activitylog.Query{Limit: 50}))
	b.Run("newest50ofUser", search(activitylog.Query{Limit: 50, Filter: user}))
	b.Run("contains", search(activitylog.Query{Limit: 50, Filter: filter.Cond("fileName", filter.Contains, "minutes 4711")}))
	b.Run("containsInReason", search(activitylog.Query{Limit: 50, Filter: filter.Cond("reason", filter.Contains, "not managed")}))
	b.Run("total", search(activitylog.Query{Limit: 1, Total: true, Filter: user}))
	b.Run("hour", search(activitylog.Query{Limit: 50, From: start.Add(10 * time.Hour), To: start.Add(11 * time.Hour), Filter: user}))
	for _, field := range []string{"user.username", "user.tags", "fileName", "ip.address"} {
		b.Run("count/"+field, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Count(b.Context(), "contoso", activitylog.Query{}, field, 10); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.Get(b.Context(), "contoso", activity("contoso", 4711).ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("append100", func(b *testing.B) {
		b.ReportAllocs()
		from := rows
		for b.Loop() {
			if err := l.Append(b.Context(), busyBatch(rng, from, 100)); err != nil {
				b.Fatal(err)
			}
			from += 100
		}
	})
	b.Run("export", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for _, err := range l.Export(b.Context(), "contoso", activitylog.Query{}) {
				if err != nil {
					b.Fatal(err)
				}
				if n++; n == 100_000 {
					break
				}
			}
		}
	})
}
