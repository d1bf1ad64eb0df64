//go:build accept

package accept

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/test/stage"
)

// most is how much more memory a transfer of any size may take.
const most = 64 << 20

// TestTransfer passes files of 10 GB in both directions and watches the memory. REFEREE_GIGABYTES says how large.
func TestTransfer(t *testing.T) {
	size := int64(number(t, "REFEREE_GIGABYTES", 10)) << 30
	a := newApp()
	s := open(t, stage.Options{App: a})
	r := start(t, s)
	p := signIn(t, s, "demo", 0)
	for _, c := range []struct {
		name  string
		http2 bool
		up    bool
	}{{"download, HTTP/1.1", false, false}, {"download, HTTP/2", true, false}, {"upload, HTTP/1.1", false, true}, {"upload, HTTP/2", true, true}} {
		one := transfer{stage: s, person: p, http2: c.http2, up: c.up}
		one.run(t, 64<<20) // buffers and tables are there then
		if err := r.Free(); err != nil {
			t.Fatal(err)
		}
		w := watch(t, r.PID)
		cpu, err := stage.CPU(r.PID)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		one.run(t, size)
		took := time.Since(began)
		after, err := stage.CPU(r.PID)
		if err != nil {
			t.Fatal(err)
		}
		first, peak := w.stop()
		report(t, "%s of %d GB: %s, %.0f MB/s, %.2f CPU s a GB; resident memory %d MB before, at most %d MB, growth %d MB (goal: below 64)",
			c.name, size>>30, took.Round(time.Second), float64(size)/1e6/took.Seconds(), (after-cpu).Seconds()/float64(size>>30), first>>20, peak>>20, (peak-first)>>20)
		if peak-first >= most {
			t.Errorf("%s: memory grew by %d MB", c.name, (peak-first)>>20)
		}
	}
	// All of them are in the log, complete, with their sizes.
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		all, err := activities(t.Context(), s, "demo", model.ActivityDownload, model.ActivityUpload)
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		for _, x := range all {
			if x.Outcome == model.OutcomeComplete && max(x.BytesDown, x.BytesUp) >= size && len(x.Files) == 1 && x.Files[0].SHA256 != "" {
				whole++
			}
		}
		if whole == 4 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of 4 transfers are in the log as complete, with size and hash", whole)
		}
	}
}

type transfer struct {
	stage     *stage.Stage
	person    *stage.Person
	http2, up bool
	turn      int
}

// zeros is an endless file.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return copy(p, filler), nil }

// run passes one file.
func (x *transfer) run(t *testing.T, size int64) {
	t.Helper()
	x.turn++
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	tr := stage.Loopback(x.stage.CA.RootPool())
	if !x.http2 {
		tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	defer tr.CloseIdleConnections()
	method, path, body := http.MethodGet, fmt.Sprintf("/get/big%v%v%d/%d/large.bin", x.http2, x.up, x.turn, size), io.Reader(nil)
	if x.up {
		method, path, body = http.MethodPut, fmt.Sprintf("/put/big%v%v%d/large.bin", x.http2, x.up, x.turn), io.LimitReader(zeros{}, size)
	}
	q, err := http.NewRequestWithContext(ctx, method, "https://"+x.person.Host+path, body)
	if err != nil {
		t.Fatal(err)
	}
	stage.Script(q)
	q.Header.Set("Cookie", stage.CookieHeader(x.person.Cookie()))
	if x.up {
		q.ContentLength = size
		q.Header.Set("Content-Type", "application/octet-stream")
	}
	res, err := (&http.Client{Transport: tr}).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{res.Body}, make([]byte, 256<<10))
	if err != nil || res.StatusCode/100 != 2 || !x.up && n != size {
		t.Fatalf("%s: %d bytes, %v", res.Status, n, err)
	}
}

// watcher samples a process's resident memory.
type watcher struct {
	first, peak int64
	end         chan struct{}
	done        sync.WaitGroup
}

func watch(t *testing.T, pid int) *watcher {
	t.Helper()
	m, err := stage.MemoryOf(pid)
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{first: m.Resident, peak: m.Resident, end: make(chan struct{})}
	w.done.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-w.end:
				return
			case <-tick.C:
				if m, err := stage.MemoryOf(pid); err == nil {
					w.peak = max(w.peak, m.Resident)
				}
			}
		}
	})
	return w
}

func (w *watcher) stop() (first, peak int64) {
	close(w.end)
	w.done.Wait()
	return w.first, w.peak
}
