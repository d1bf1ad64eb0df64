//go:build accept

package accept

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/test/stage"
)

const noCards = `
kind: SessionPolicy
id: cards
name: Card numbers stay
control: controlFileUpload
activities: {app: {eq: onedrive}}
inspection: {method: builtIn, types: [{type: credit-card-number}]}
action: block
unscannable: block
deadline: 1h
`

// put uploads text with an ending, and returns the answer's status and words.
func put(t *testing.T, s *stage.Stage, p *stage.Person, name string, size int64, ending string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	tr := stage.Loopback(s.CA.RootPool())
	defer tr.CloseIdleConnections()
	body := io.MultiReader(io.LimitReader(zeros{}, size-int64(len(ending))), strings.NewReader(ending))
	q, err := http.NewRequestWithContext(ctx, http.MethodPut, "https://"+p.Host+"/put/"+name+"/large.csv", body)
	if err != nil {
		t.Fatal(err)
	}
	stage.Script(q)
	q.Header.Set("Cookie", stage.CookieHeader(p.Cookie()))
	q.ContentLength = size
	q.Header.Set("Content-Type", "text/csv")
	res, err := (&http.Client{Transport: tr}).Do(q)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return 0, ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return res.StatusCode, string(text)
}

const oneCard = " credit card 4111 1111 1111 1111 expires 12/29 "

// TestContentOfLargeUploads sends 10 GB of text with one card number at its end, then ten of a tenth at once, and watches
// the memory. REFEREE_GIGABYTES says how large.
func TestContentOfLargeUploads(t *testing.T) {
	size := int64(number(t, "REFEREE_GIGABYTES", 10)) << 30
	a := newApp()
	s := open(t, stage.Options{App: a, Policies: noCards})
	r := start(t, s)
	p := signIn(t, s, "demo", 0)
	if status, text := put(t, s, p, "warm", 64<<20, oneCard); status != http.StatusForbidden {
		t.Fatalf("%d %s", status, text)
	}
	if err := r.Free(); err != nil {
		t.Fatal(err)
	}
	measure := func(what string, run func()) {
		t.Helper()
		w := watch(t, r.PID)
		before, err := stage.CPU(r.PID)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		run()
		took := time.Since(began)
		after, err := stage.CPU(r.PID)
		if err != nil {
			t.Fatal(err)
		}
		first, peak := w.stop()
		report(t, "%s: %s, %.0f MB/s, %.2f CPU s a GB; resident memory %d MB before, growth %d MB (goal: below 64)",
			what, took.Round(time.Second), float64(size)/1e6/took.Seconds(), (after-before).Seconds()/(float64(size)/(1<<30)), first>>20, (peak-first)>>20)
		if peak-first >= most {
			t.Errorf("%s: memory grew by %d MB", what, (peak-first)>>20)
		}
	}
	measure(fmt.Sprintf("upload of %d GB of text, one card number at the end", size>>30), func() {
		if status, text := put(t, s, p, "dirty", size, oneCard); status != http.StatusForbidden || !strings.Contains(text, "blocked") {
			t.Errorf("%d %s", status, text)
		}
	})
	measure("ten of a tenth at once", func() {
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				ending, want := oneCard, http.StatusForbidden
				if i == 0 {
					ending, want = " nothing here ", http.StatusCreated
				}
				if status, text := put(t, s, p, fmt.Sprintf("many%d", i), size/10, ending); status != want {
					t.Errorf("%d: %d %s", i, status, text)
				}
			})
		}
		wg.Wait()
	})
	for _, name := range []string{"warm", "dirty", "many1", "many9"} {
		if n := a.got(name); n != 0 {
			t.Errorf("%d bytes of %s reached the app", n, name)
		}
	}
	if n := a.got("many0"); n != size/10 {
		t.Errorf("of the clean one %d bytes reached the app", n)
	}
	eventually := time.Now().Add(time.Minute)
	for {
		all, err := activities(t.Context(), s, "demo", model.ActivityUpload)
		if err != nil {
			t.Fatal(err)
		}
		blocked := 0
		for _, x := range all {
			if x.Outcome == model.OutcomeBlocked && len(x.Policies) > 0 && x.Policies[0].ID == "cards" {
				blocked++
			}
		}
		if blocked == 11 {
			return
		}
		if time.Now().After(eventually) {
			t.Fatalf("%d of 11 blocked uploads are in the log", blocked)
		}
		time.Sleep(time.Second)
	}
}

// TestNoRoomToLook fills the file system that bodies are held on: what has to be looked at is refused and says why, other
// work goes on, and so does everything once there is room.
func TestNoRoomToLook(t *testing.T) {
	a := newApp()
	dir := t.TempDir()
	s := open(t, stage.Options{Dir: dir, App: a, Policies: noCards, Mounts: []stage.Mount{{Dir: filepath.Join(dir, "data", "spool"), Bytes: 64 << 20}}})
	start(t, s)
	p := signIn(t, s, "demo", 0)
	status, text := put(t, s, p, "large", 200<<20, " nothing here ")
	if status != http.StatusInsufficientStorage || !strings.Contains(text, "no room") || a.got("large") != 0 {
		t.Errorf("%d %s, %d bytes reached the app", status, text, a.got("large"))
	}
	if status, text = put(t, s, p, "small", 100<<10, " nothing here "); status != http.StatusCreated {
		t.Errorf("what needs no disk: %d %s", status, text)
	}
	report(t, "no room on the disk: an upload that has to be looked at was refused with %d, one that fits into memory passed", http.StatusInsufficientStorage)
}
