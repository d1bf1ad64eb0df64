package accept

import (
	"context"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/referee-casb/referee/test/stage"
)

// usualDrills are enough to see that people get back to work; REFEREE_DRILLS says how often otherwise.
const usualDrills = 3

// backToWork is the longest that people may wait after a kill. It is far above what is measured, for busy machines.
const backToWork = time.Minute

// TestDrill kills Referee outright and starts it again at once, as a supervisor does, and measures how long people wait:
// somebody who has a page open, somebody who signs in anew, and a script at the API. All roles are one process in this
// version, so the one process is what there is to kill; the company's provider and the app go on meanwhile.
func TestDrill(t *testing.T) {
	drills := number(t, "REFEREE_DRILLS", usualDrills)
	s := open(t, stage.Options{App: newApp(), People: 2})
	r := start(t, s)
	person := signIn(t, s, "demo", 0)
	waits := map[string][]time.Duration{}
	for range drills {
		r.Kill()
		began := time.Now()
		done := make(chan *stage.Referee, 1)
		go func() {
			next, err := s.Start(t.Context())
			if err != nil {
				t.Error(err)
			}
			done <- next
		}()
		what := map[string]func(context.Context) bool{
			"a page that was open": func(ctx context.Context) bool { return succeeds(ctx, person.Client, "https://"+person.Host+"/healthz") },
			"a new sign-in":        func(ctx context.Context) bool { _, err := s.SignIn(ctx, "demo", 1); return err == nil },
			"the API":              func(ctx context.Context) bool { return succeeds(ctx, s.Client(), s.API("/healthz")) },
		}
		type wait struct {
			name string
			took time.Duration
		}
		ended := make(chan wait, len(what))
		for name, works := range what {
			go func() { ended <- wait{name, until(t, began, works)} }()
		}
		for range what {
			w := <-ended
			if w.took == 0 {
				t.Errorf("%s did not work again within %s", w.name, backToWork)
			}
			waits[w.name] = append(waits[w.name], w.took)
		}
		if r = <-done; r == nil {
			t.FailNow()
		}
		t.Cleanup(func() {
			select {
			case <-r.Ended():
			default:
				if err := r.Stop(); err != nil {
					t.Errorf("Referee did not end in order: %v", err)
				}
			}
		})
	}
	for _, name := range []string{"the API", "a page that was open", "a new sign-in"} {
		list := waits[name]
		slices.Sort(list)
		report(t, "%d kills; from the kill until %s works again: median %s, longest %s", drills, name, list[len(list)/2].Round(time.Millisecond), list[len(list)-1].Round(time.Millisecond))
	}
}

// until asks again and again whether something works, and returns how long after began it did; 0 when it did not.
func until(t *testing.T, began time.Time, works func(context.Context) bool) time.Duration {
	for time.Since(began) < backToWork {
		// Connections to a socket whose process is gone wait in its queue: a try is given up soon.
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		ok := works(ctx)
		cancel()
		if ok {
			return time.Since(began)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0
}

// succeeds reports whether an address answers with success.
func succeeds(ctx context.Context, client *http.Client, address string) bool {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	stage.Script(q)
	res, err := client.Do(q)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err == nil && res.StatusCode == http.StatusOK
}
