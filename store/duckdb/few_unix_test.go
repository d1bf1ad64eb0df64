//go:build unix

package duckdb

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
)

// BenchmarkAppendFew is sixty tenants whose people do one thing at a time: a row for each tenant in turn. It reports
// processor time and what is on disk when all is in the files, before DuckDB folds its log.
func BenchmarkAppendFew(b *testing.B) {
	const tenants = 60
	for _, name := range []string{"alone", "intake"} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			opt := Options{Dir: dir}
			if name == "intake" {
				opt.Intake = openIntake(b)
			}
			l, err := Open(opt)
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			rng := rand.New(rand.NewPCG(1, 2))
			n := 0
			one := func() {
				batch := busyBatch(rng, n/tenants, 1)
				batch.Tenant = model.TenantID(fmt.Sprintf("tenant%02d", n%tenants))
				batch.Rows[0].Tenant = batch.Tenant
				if err := l.Append(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				n++
			}
			for range tenants { // the files are made
				one()
			}
			before := processorTime(b)
			b.ReportAllocs()
			for b.Loop() {
				one()
			}
			if err := l.settleAll(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(n-tenants), "cpu-µs/row")
			b.ReportMetric(float64(bytesIn(b, dir))/float64(n), "B/row")
		})
	}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func bytesIn(b *testing.B, dir string) (sum int64) {
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return sum
}
