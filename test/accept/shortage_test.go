package accept

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/referee-casb/referee/internal/prereqtest"
	"github.com/referee-casb/referee/test/stage"
)

// shortage is one way of running out of room.
type shortage struct {
	kind  string
	name  string
	dir   string // below the stage's folder: what gets a small disk
	size  int64  // of that disk
	bus   int64  // limit of the bus
	leave int64  // bytes that stay free
	again bool   // Referee has to be started again when there is room
}

var shortages = []shortage{
	{kind: "reserve", name: "the disk, but for less than the bus keeps in reserve", dir: "data", size: 256 << 20, bus: 16 << 20, leave: 40 << 20},
	{kind: "disk", name: "the disk, to the last byte and at once", dir: "data", size: 256 << 20, bus: 16 << 20, again: true},
	{kind: "bus", name: "the bus, because the activity log's disk is full", dir: "data/activity", size: 128 << 20, bus: 2 << 20},
}

// TestShortage lets clients work while room runs out, stays away and comes back, and judges what Referee said and kept.
func TestShortage(t *testing.T) {
	for _, c := range shortages {
		t.Run(c.kind, func(t *testing.T) { c.run(t) })
	}
}

func (c shortage) run(t *testing.T) {
	dir := t.TempDir()
	a, disk := newApp(), filepath.Join(dir, c.dir)
	s, err := stage.New(stage.Options{Dir: dir, App: a, People: 9, Policies: policies, BusMaxBytes: c.bus, Mounts: []stage.Mount{{Dir: disk, Bytes: c.size}}})
	if errors.Is(err, stage.ErrMount) {
		prereqtest.Missing(t, "a small file system", err.Error()+"; run as root, or let users have namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces)")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := start(t, s)
	j := openJournal(t, filepath.Join(t.TempDir(), "journal"))
	var gate atomic.Bool
	gate.Store(true)
	var clients []*client
	for i := range 8 {
		clients = append(clients, newClient(s, signIn(t, s, "demo", i), j, i, &gate))
	}
	work := func(d time.Duration) { underLoad(t, clients, d, func() {}) }
	work(2 * time.Second)
	before := answers(t, clients[0])
	ballast := filepath.Join(s.Inside(disk), "ballast")
	// Work until actions are refused: until then there is room that was taken before.
	var full answer
	began := time.Now()
	for time.Since(began) < time.Minute && full.download != http.StatusServiceUnavailable {
		fill(t, ballast, c.leave)
		work(time.Second)
		full = answers(t, clients[0])
	}
	filled := time.Since(began)
	work(2 * time.Second)
	full = answers(t, clients[0])
	newcomer := "is let in"
	if _, err := s.SignIn(t.Context(), "demo", 8); err != nil {
		newcomer = "is refused (" + tail(err.Error(), 25) + ")"
	}
	select {
	case <-r.Ended():
		t.Error("Referee ended")
	default:
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	how := "by itself"
	if c.again {
		if err := r.Stop(); err != nil {
			t.Logf("it ended with %v", err)
		}
		start(t, s)
		how = "started again"
	}
	var after answer
	for time.Since(began) < time.Minute {
		if after = answers(t, clients[0]); after.download == http.StatusOK && after.upload == http.StatusCreated {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	recovered := time.Since(began)
	work(time.Second)
	v := settle(t, s, a, j.read(t))
	report(t, "full: %s\n  actions were refused after %s and possible again %s after there was room, %s\n  before: %s\n  full:   %s; who signs in %s\n  after:  %s\n%s\n  the page says: %s",
		c.name, filled.Round(100*time.Millisecond), recovered.Round(10*time.Millisecond), how, before, full, newcomer, after, v, full.words)
	for _, w := range v.wrong {
		t.Error(w)
	}
	if full.download != http.StatusServiceUnavailable || full.saved != http.StatusServiceUnavailable || full.upload != http.StatusServiceUnavailable || full.bytes {
		t.Errorf("actions were not refused: %s", full)
	}
	if full.plain != http.StatusOK || full.page != http.StatusOK || full.blocked != http.StatusForbidden {
		t.Errorf("plain traffic did not go on, or a block did not hold: %s", full)
	}
	if full.words == "" {
		t.Error("the page says nothing")
	}
	if after.download != http.StatusOK || after.upload != http.StatusCreated {
		t.Errorf("no recovery: %s", after)
	}
	if t.Failed() {
		if text, err := os.ReadFile(s.Setup.Log); err == nil {
			t.Log(tail(string(text), 3000))
		}
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// fill writes a file until only so much room is left.
func fill(t *testing.T, file string, leave int64) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return // not even a directory entry fits
	}
	defer f.Close()
	for size := int64(1 << 16); size >= 512; size /= 2 {
		for {
			var fs syscall.Statfs_t
			if err := syscall.Fstatfs(int(f.Fd()), &fs); err != nil {
				t.Fatal(err)
			}
			if int64(fs.Bavail)*fs.Bsize < leave+size {
				break
			}
			if n, err := f.Write(filler[:min(size, int64(len(filler)))]); err != nil || n == 0 {
				break
			}
		}
	}
}

// answer is how each kind of request was answered.
type answer struct {
	page, plain, download, saved, upload, blocked int
	bytes                                         bool   // a byte of a refused file arrived
	words                                         string // of the page that refuses a download
}

// String is a row.
func (s answer) String() string {
	return fmt.Sprintf("page %d, plain %d, download by script %d, by navigation %d, upload %d, blocked download %d", s.page, s.plain, s.download, s.saved, s.upload, s.blocked)
}

// answers makes one request of each kind, outside the journal.
func answers(t *testing.T, c *client) (s answer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ask := func(method, path, body string, navigate bool) (int, string) {
		var r io.Reader
		if body != "" {
			r = strings.NewReader(body)
		}
		q := c.request(ctx, method, path, r)
		if navigate {
			stage.Navigation(q)
		}
		if body != "" {
			q.Header.Set("Content-Type", "application/octet-stream")
		}
		res, err := c.http.Do(q)
		if err != nil {
			t.Logf("%s %s: %v", method, path, err)
			return 0, ""
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Logf("%s %s: %v", method, path, err)
		}
		return res.StatusCode, string(text)
	}
	n := nonces.Add(1)
	var text string
	s.page, _ = ask(http.MethodGet, "/page", "", true)
	s.plain, _ = ask(http.MethodGet, "/plain/p", "", false)
	s.download, text = ask(http.MethodGet, fmt.Sprintf("/get/probe%da/1000/file.bin", n), "", false)
	s.bytes = s.download != http.StatusOK && strings.Contains(text, "Referee's files")
	s.saved, text = ask(http.MethodGet, fmt.Sprintf("/get/probe%db/1000/file.bin", n), "", true)
	if s.saved != http.StatusOK {
		s.bytes = s.bytes || strings.Contains(text, "Referee's files are")
		s.words = words(text)
	}
	s.upload, _ = ask(http.MethodPut, fmt.Sprintf("/put/probe%dc/file.bin", n), "some bytes", false)
	s.blocked, _ = ask(http.MethodGet, fmt.Sprintf("/get/probe%dd/1000/secret.bin", n), "", false)
	return s
}

var nonces atomic.Int64

// words are a page's text, shortened.
func words(page string) string {
	if _, main, ok := strings.Cut(page, "<main"); ok {
		page = "<main" + main
	}
	var b strings.Builder
	in := false
	for _, r := range page {
		switch {
		case r == '<':
			in = true
			b.WriteByte(' ')
		case r == '>':
			in = false
		case !in:
			b.WriteRune(r)
		}
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	return text[:min(len(text), 300)]
}
