package accept

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/test/stage"
)

// TestKill kills Referee at random moments under load, again and again on the same stores, and compares the journals of
// client and app with the activity log: every action of which a byte arrived is there exactly once, none is left open,
// and none is called complete unless all its bytes arrived. REFEREE_KILLS says how often.
func TestKill(t *testing.T) {
	kills := number(t, "REFEREE_KILLS", usualKills)
	a := newApp()
	s := open(t, stage.Options{App: a, People: 4})
	j := openJournal(t, filepath.Join(t.TempDir(), "journal"))
	var gate atomic.Bool
	var clients []*client
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2)) //nolint:gosec // moments, not secrets
	var serving, loading time.Duration
	for kill := range kills + 1 {
		began := time.Now()
		r := start(t, s)
		serving += time.Since(began)
		if kill == kills {
			break // the last one brings everything to its end
		}
		gate.Store(true)
		for len(clients) < 12 {
			i := len(clients)
			clients = append(clients, newClient(s, signIn(t, s, "demo", i%4), j, i, &gate))
		}
		load := time.Duration(random.IntN(1200)) * time.Millisecond
		loading += load
		underLoad(t, clients, load, func() {
			gate.Store(false)
			r.Kill()
		})
	}
	v := settle(t, s, a, j.read(t))
	report(t, "%d kills after 0 to 1.2 s of load by 12 clients (HTTP/1.1 and HTTP/2), %s of load in all, start and recovery %s each:\n%s",
		kills, loading.Round(time.Second), (serving / time.Duration(kills+1)).Round(time.Millisecond), v)
	for _, w := range v.wrong {
		t.Error(w)
	}
	if v.arrived == 0 || kills > 5 && v.outcomes[model.OutcomeUnknown] == 0 {
		t.Error("the load was too little to show anything")
	}
}

// underLoad lets the clients work, calls end after a time, and waits for the clients.
func underLoad(t *testing.T, clients []*client, load time.Duration, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var over atomic.Bool
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() {
			for !over.Load() {
				c.act(ctx)
			}
		})
	}
	time.Sleep(load)
	over.Store(true)
	end()
	// What is on its way still arrives; who waits for a connection gives up.
	timer := time.AfterFunc(10*time.Second, cancel)
	defer timer.Stop()
	all.Wait()
	for _, c := range clients {
		c.http.CloseIdleConnections()
	}
}

// verdict is what the journals and the log say together.
type verdict struct {
	requests, arrived, logged int
	outcomes                  map[model.Outcome]int
	wrong                     []string
}

// String is the verdict as a table.
func (v verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  requests in the journal %d, bytes arrived of %d, activities %d\n  outcomes:", v.requests, v.arrived, v.logged)
	for _, o := range []model.Outcome{model.OutcomeComplete, model.OutcomeAborted, model.OutcomeFailed, model.OutcomeUnknown, model.OutcomeBlocked, model.OutcomeNone} {
		fmt.Fprintf(&b, " %s %d", map[bool]string{true: "open", false: string(o)}[o == model.OutcomeNone], v.outcomes[o])
	}
	fmt.Fprintf(&b, "\n  contradictions: %d", len(v.wrong))
	return b.String()
}

// settleTime bounds the wait for the last intents: those of dead predecessors are closed by the second run of a job
// that runs once a minute, pieces of a file count as left after a minute.
const settleTime = 4 * time.Minute

// settle waits until nothing is open in the log, and judges.
func settle(t *testing.T, s *stage.Stage, a *app, journal map[string]entry) verdict {
	t.Helper()
	var v verdict
	for end := time.Now().Add(settleTime); ; time.Sleep(2 * time.Second) {
		all, err := activities(t.Context(), s, "demo", model.ActivityDownload, model.ActivityUpload)
		if err != nil {
			t.Fatal(err)
		}
		v = judge(a, journal, all)
		if len(v.wrong) == 0 && v.outcomes[model.OutcomeNone] == 0 || time.Now().After(end) {
			return v
		}
	}
}

// judge compares.
func judge(a *app, journal map[string]entry, all []model.Activity) verdict {
	v := verdict{requests: len(journal), logged: len(all), outcomes: map[model.Outcome]int{}}
	wrong := func(format string, args ...any) { v.wrong = append(v.wrong, fmt.Sprintf(format, args...)) }
	by, codes := map[string][]*model.Activity{}, map[string]int{}
	for i := range all {
		x := &all[i]
		v.outcomes[x.Outcome]++
		if part := strings.Split(x.Path, "/"); len(part) > 2 {
			by[part[2]] = append(by[part[2]], x)
		}
		if x.Outcome == model.OutcomeBlocked {
			codes[x.Reference]++
		}
		if x.Outcome == model.OutcomeNone {
			wrong("%s is open", x.Path)
		}
	}
	for nonce, list := range by {
		if len(list) > 1 {
			wrong("%s has %d activities", nonce, len(list))
		}
	}
	for nonce, e := range journal {
		arrived := e.Bytes
		if e.Kind == "upload" {
			arrived = max(e.Bytes, a.got(nonce))
		}
		if arrived > 0 {
			v.arrived++
		}
		list := by[nonce]
		switch {
		case e.Kind == "blocked":
			if e.Code == "" {
				continue // it was blocked and could not be recorded, and the page says so by giving no code
			}
			if n := codes[strings.ReplaceAll(e.Code, "-", "")]; n != 1 {
				wrong("the block that was shown as %s is in the log %d times", e.Code, n)
			}
			continue
		case arrived > 0 && len(list) == 0:
			wrong("%d bytes of %s (%s) arrived and there is no activity", arrived, nonce, e.Kind)
			continue
		case len(list) == 0:
			continue
		}
		x := list[0]
		if x.Outcome == model.OutcomeComplete && arrived != e.Size {
			wrong("%s (%s) is called complete, and %d of %d bytes arrived", nonce, e.Kind, arrived, e.Size)
		}
		if e.Accepted && x.Outcome == model.OutcomeBlocked {
			wrong("%s (%s) was accepted and is called blocked", nonce, e.Kind)
		}
	}
	return v
}
