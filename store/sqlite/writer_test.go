package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

func openTest(t testing.TB, opt Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "referee.sqlite"), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso"}); err != nil {
		t.Fatal(err)
	}
	return db
}

func stash(id string, size int) session.Stash {
	return session.Stash{ID: id, Tenant: "contoso", Sealed: make([]byte, size), Expires: time.Now().Add(time.Hour)}
}

// TestGroupsShareACommit holds the writer while others queue, and shows that a failing one among them harms
// none of the others.
func TestGroupsShareACommit(t *testing.T) {
	t.Parallel()
	db := openTest(t, Options{})
	hold, held := make(chan struct{}), make(chan struct{})
	go db.write.do(t.Context(), func(*tx) error { close(held); <-hold; return nil })
	<-held
	var wg sync.WaitGroup
	var bad atomic.Int32
	for i := range 100 {
		wg.Go(func() {
			err := db.write.do(t.Context(), func(x *tx) error {
				if _, err := x.exec(`INSERT INTO stashes (tenant, id, host, sealed, expires) VALUES ('contoso', ?, '', x'00', 1)`, fmt.Sprint(i)); err != nil {
					return err
				}
				if i%3 == 0 {
					return errors.New("change of mind")
				}
				return nil
			})
			if err != nil {
				bad.Add(1)
			}
		})
	}
	for len(db.write.jobs) < 100 {
		runtime.Gosched()
	}
	before := changes(t, db)
	close(hold)
	wg.Wait()
	if bad.Load() != 34 {
		t.Errorf("%d of 100 failed, 34 meant to", bad.Load())
	}
	if n := changes(t, db) - before; n > 3 {
		t.Errorf("%d commits for 100 waiting writes", n)
	}
	for i := range 100 {
		if _, err := db.TakeStash(t.Context(), "contoso", fmt.Sprint(i)); fault.Is(err, fault.NotFound) != (i%3 == 0) {
			t.Errorf("write %d: %v", i, err)
		}
	}
}

// changes counts commits, as SQLite tells them to other connections.
func changes(t *testing.T, db *DB) (n int64) {
	t.Helper()
	if err := db.query(t.Context(), `PRAGMA data_version`, nil, func(s scanner) error { return s.Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCanceledWritesDoNotHappen(t *testing.T) {
	t.Parallel()
	db := openTest(t, Options{})
	hold, held := make(chan struct{}), make(chan struct{})
	go db.write.do(t.Context(), func(*tx) error { close(held); <-hold; return nil })
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- db.PutStash(ctx, stash("late", 1)) }()
	for len(db.write.jobs) == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-result; !fault.Is(err, fault.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	close(hold)
	if err := db.PutStash(t.Context(), stash("next", 1)); err != nil {
		t.Error(err)
	}
	if _, err := db.TakeStash(t.Context(), "contoso", "late"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a write that nobody waited for: %v", err)
	}
}

// TestDiskFull lets the file grow no more: writes fail with advice, what is stored stays, and when there is room
// again writing goes on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	db := openTest(t, Options{})
	if err := db.PutStash(t.Context(), stash("before", 10)); err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) {
		t.Helper()
		err := db.write.do(t.Context(), func(x *tx) error {
			var n int
			_, err := x.row(fmt.Sprintf("PRAGMA max_page_count = %d", pages), nil, &n)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite takes the present size at least
	var wg sync.WaitGroup
	var refused atomic.Int32
	for i := range 20 {
		wg.Go(func() {
			err := db.PutStash(t.Context(), stash(fmt.Sprint(i), 100_000))
			if fault.Is(err, fault.Unavailable) && strings.Contains(fault.Help(err), "free space") {
				refused.Add(1)
			} else {
				t.Errorf("disk full: %v", err)
			}
		})
	}
	wg.Wait()
	if _, err := db.Tenant(t.Context(), "contoso"); err != nil {
		t.Errorf("reading: %v", err)
	}
	limit(1 << 30)
	for i := range 20 {
		if _, err := db.TakeStash(t.Context(), "contoso", fmt.Sprint(i)); !fault.Is(err, fault.NotFound) {
			t.Errorf("a refused write was stored: %v", err)
		}
	}
	if err := db.PutStash(t.Context(), stash("after", 100_000)); err != nil {
		t.Error(err)
	}
	if _, err := db.TakeStash(t.Context(), "contoso", "before"); err != nil {
		t.Error(err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := migrations()
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	if err := db.write.do(t.Context(), func(x *tx) error {
		_, err := x.exec(fmt.Sprintf("PRAGMA user_version = %d", len(list)+1))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := Open(t.Context(), path, Options{}); !fault.Is(err, fault.Invalid) || fault.Help(err) == "" {
		t.Errorf("got %v", err)
	}
}

func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			db, err := Open(t.Context(), path, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		})
	}
	wg.Wait()
}

func benchSession(i int) session.Session {
	now := time.Now()
	return session.Session{
		ID: model.SessionID(fmt.Sprint("session-", i)), Tenant: "contoso", User: model.User{
			ID: model.UserID(fmt.Sprint("u", i)), Name: "Dora Director",
			Username: "dora@contoso.example", Groups: []model.GroupID{"board", "all"},
		}, Created: now, LastSeen: now, Expires: now.Add(time.Hour), Idle: time.Hour,
		Agent: model.Agent{Raw: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}, SecretHash: session.NewSecret().Hash(),
	}
}

func BenchmarkPutSession(b *testing.B) {
	for _, sync := range []Sync{SyncNormal, SyncAlways} {
		for _, writers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/%d", sync, writers), func(b *testing.B) {
				db := openTest(b, Options{Sync: sync})
				var n atomic.Int64
				b.SetParallelism(max(1, writers/runtime.GOMAXPROCS(0)))
				b.ResetTimer()
				if writers == 1 {
					for i := 0; b.Loop(); i++ {
						if err := db.PutSession(b.Context(), benchSession(i)); err != nil {
							b.Fatal(err)
						}
					}
					return
				}
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := db.PutSession(b.Context(), benchSession(int(n.Add(1)))); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}

func BenchmarkSession(b *testing.B) {
	db := openTest(b, Options{})
	for i := range 1000 {
		if err := db.PutSession(b.Context(), benchSession(i)); err != nil {
			b.Fatal(err)
		}
	}
	i := 0
	for b.Loop() {
		i++
		if _, err := db.Session(b.Context(), "contoso", model.SessionID(fmt.Sprint("session-", i%1000))); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStored20k stores 20,000 sessions and reports the rate, the file's size and the process's memory.
func BenchmarkStored20k(b *testing.B) {
	const n, writers = 20_000, 32
	for b.Loop() {
		db := openTest(b, Options{})
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		begun := time.Now()
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := w; i < n; i += writers {
					if err := db.PutSession(b.Context(), benchSession(i)); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(n/time.Since(begun).Seconds(), "sessions/s")
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.Sys-before.Sys)/(1<<20), "MB-process")
		var pages, size int64
		db.query(b.Context(), `PRAGMA page_count`, nil, func(s scanner) error { return s.Scan(&pages) })
		db.query(b.Context(), `PRAGMA page_size`, nil, func(s scanner) error { return s.Scan(&size) })
		b.ReportMetric(float64(pages*size)/n, "file-B/session")
		begun = time.Now()
		list, err := db.Sessions(b.Context(), "contoso", "", time.Now())
		if err != nil || len(list) != n {
			b.Errorf("%d sessions, %v", len(list), err)
		}
		b.ReportMetric(float64(time.Since(begun).Milliseconds()), "list-ms")
	}
}
