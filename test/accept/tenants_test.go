//go:build accept

package accept

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/test/stage"
)

// What a person does in an hour of work with the app. A page brings its scripts, styles and data with it.
var anHour = []struct {
	kind string
	n    int
}{{"page", 40}, {"plain", 400}, {"download", 2}, {"upload", 1}, {"blocked", 1}}

// Working time of a month, for the extrapolation.
const hoursAMonth = 22 * 8

// TestTenants simulates an hour of sixty tenants of forty people. The hour is played in REFEREE_HOUR minutes (10): each
// person does all that an hour brings, so processor time and disk are an hour's, and the rate is higher than in earnest.
func TestTenants(t *testing.T) {
	const tenants, people = 60, 40
	minutes := number(t, "REFEREE_HOUR", 10)
	var ids []model.TenantID
	for i := range tenants {
		ids = append(ids, model.TenantID(fmt.Sprintf("tenant%02d", i)))
	}
	s := open(t, stage.Options{App: newApp(), Tenants: ids, Stored: tenants * people})
	r := start(t, s)
	lines, err := os.ReadFile(s.Setup.Stored.File)
	if err != nil {
		t.Fatal(err)
	}
	var who [][2]string
	for line := range strings.Lines(string(lines)) {
		tenant, cookie, _ := strings.Cut(strings.TrimSpace(line), " ")
		who = append(who, [2]string{tenant, cookie})
	}
	idle := resident(t, r)
	before := diskOf(t, s)
	cpu, err := stage.CPU(r.PID)
	if err != nil {
		t.Fatal(err)
	}
	w := watch(t, r.PID)
	length := time.Duration(minutes) * time.Minute
	h := play(t, s, who, length)
	after, err := stage.CPU(r.PID)
	if err != nil {
		t.Fatal(err)
	}
	_, peak := w.stop()
	logged := map[model.ActivityType]int{}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(2 * time.Second) {
		clear(logged)
		for _, id := range ids {
			all, err := activities(t.Context(), s, id, model.ActivityView, model.ActivityDownload, model.ActivityUpload)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range all {
				logged[a.Type]++
			}
		}
		if logged[model.ActivityDownload] >= h.done["download"]+h.done["blocked"] && logged[model.ActivityUpload] >= h.done["upload"] || time.Now().After(end) {
			break
		}
	}
	held := resident(t, r)
	now := diskOf(t, s)
	rows := logged[model.ActivityView] + logged[model.ActivityDownload] + logged[model.ActivityUpload]
	report(t, "an hour of %d tenants of %d people, played in %s: %d requests (%.0f/s), %d failed, pages p50 %s p99 %s\n"+
		"  processor: %.0f s an hour, %.2f %% of one processor; %.0f µs a request\n"+
		"  memory: %d MB before, %d MB at most, %d MB held afterwards\n"+
		"  activities: %d views of %d pages, %d downloads (blocked ones with them) of %d, %d uploads of %d\n"+
		"  disk: activity log %.1f MB before, %.1f MB at half time, %.1f MB after; database %.1f → %.1f MB; bus %.1f MB\n"+
		"  a month of %d hours: activity log %.1f GB by what the second half added (%.0f bytes an activity)",
		tenants, people, length, h.requests, float64(h.requests)/length.Seconds(), h.failed, h.p50, h.p99,
		(after - cpu).Seconds(), (after-cpu).Seconds()/36, float64((after-cpu).Microseconds())/float64(h.requests),
		idle>>20, peak>>20, held>>20,
		logged[model.ActivityView], h.done["page"], logged[model.ActivityDownload], h.done["download"]+h.done["blocked"], logged[model.ActivityUpload], h.done["upload"],
		mb(before["activity"]), mb(h.half["activity"]), mb(now["activity"]), mb(before["database"]), mb(now["database"]), mb(now["bus"]),
		hoursAMonth, float64(now["activity"]-h.half["activity"])*2*hoursAMonth/1e9, float64(now["activity"]-h.half["activity"])*2/float64(max(rows, 1)))
	if h.failed > 0 {
		t.Errorf("%d requests failed: %s", h.failed, h.why)
	}
	if logged[model.ActivityDownload] != h.done["download"]+h.done["blocked"] || logged[model.ActivityUpload] != h.done["upload"] {
		t.Error("the log does not hold what was done")
	}
}

func mb(n int64) float64 { return float64(n) / 1e6 }

// diskOf is what each part takes.
func diskOf(t *testing.T, s *stage.Stage) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	for _, part := range []string{"activity", "bus"} {
		n, err := stage.DiskOf(filepath.Join(s.Setup.Data, part))
		if err != nil {
			t.Fatal(err)
		}
		all[part] = n
	}
	whole, err := stage.DiskOf(s.Setup.Data)
	if err != nil {
		t.Fatal(err)
	}
	all["database"] = whole - all["activity"] - all["bus"]
	return all
}

// hour is what came of the play.
type hour struct {
	requests, failed int
	done             map[string]int
	why              string
	half             map[string]int64
	p50, p99         time.Duration
}

// step is one thing a person does.
type step struct {
	at   time.Duration
	who  int32
	kind uint8
}

// play has everybody do what an hour brings, at random times.
func play(t *testing.T, s *stage.Stage, who [][2]string, length time.Duration) hour {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // repeatable
	var steps []step
	for p := range who {
		for k, what := range anHour {
			for range what.n {
				steps = append(steps, step{time.Duration(random.Int64N(int64(length))), int32(p), uint8(k)}) //nolint:gosec // small
			}
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	h := hour{requests: len(steps), done: map[string]int{}}
	clients := make([]*http.Client, 8) // browsers share connections as people behind one proxy would
	for i := range clients {
		clients[i] = s.Client()
		defer clients[i].CloseIdleConnections()
	}
	todo := make(chan step, 1024)
	var mu sync.Mutex
	var times []time.Duration
	var all sync.WaitGroup
	var turn atomic.Int64
	for range 64 {
		all.Go(func() {
			for x := range todo {
				kind := anHour[x.kind].kind
				began := time.Now()
				err := one(t, s, clients[int(x.who)%len(clients)], who[x.who], kind, turn.Add(1))
				mu.Lock()
				if err != nil {
					h.failed++
					h.why = err.Error()
				} else {
					h.done[kind]++
				}
				if kind == "page" {
					times = append(times, time.Since(began))
				}
				mu.Unlock()
			}
		})
	}
	began := time.Now()
	for i, x := range steps {
		time.Sleep(time.Until(began.Add(x.at)))
		todo <- x
		if i == len(steps)/2 {
			h.half = diskOf(t, s)
		}
	}
	close(todo)
	all.Wait()
	slices.Sort(times)
	h.p50, h.p99 = times[len(times)/2].Round(10*time.Microsecond), times[len(times)*99/100].Round(10*time.Microsecond)
	return h
}

// one does one thing.
func one(t *testing.T, s *stage.Stage, c *http.Client, who [2]string, kind string, turn int64) error {
	method, path, body, want := http.MethodGet, "/page", io.Reader(nil), http.StatusOK
	switch kind {
	case "plain":
		path = "/plain/x"
	case "download":
		path = fmt.Sprintf("/get/n%d/100000/file.bin", turn)
	case "upload":
		method, path, body, want = http.MethodPut, fmt.Sprintf("/put/n%d/file.bin", turn), bytes.NewReader(filler), http.StatusCreated
	case "blocked":
		path, want = fmt.Sprintf("/get/n%d/1000/secret.bin", turn), http.StatusForbidden
	}
	q, err := http.NewRequestWithContext(t.Context(), method, "https://"+s.Mapped(model.TenantID(who[0]))+path, body)
	if err != nil {
		return err
	}
	if kind == "page" {
		stage.Navigation(q)
	} else {
		stage.Script(q)
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/octet-stream")
	}
	q.Header.Set("Cookie", stage.CookieHeader(who[1]))
	res, err := c.Do(q)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != want {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	return nil
}
