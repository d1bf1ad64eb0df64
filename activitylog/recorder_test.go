package activitylog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// heap is a bus that keeps messages in memory and fails as told.
type heap struct {
	mu    sync.Mutex
	fail  error
	usage bus.Usage
	got   []bus.Message
	hang  bool // Publish answers when its context ends
}

func (h *heap) Publish(ctx context.Context, ms ...bus.Message) error {
	h.mu.Lock()
	hang, fail := h.hang, h.fail
	h.mu.Unlock()
	if hang {
		<-ctx.Done()
		return fault.As(ctx.Err(), fault.Unavailable, "heap", "")
	}
	if fail != nil {
		return fail
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, ms...)
	return nil
}

func (h *heap) Consume(context.Context, bus.Topic, string, bus.ConsumeOptions, func(context.Context, []bus.Delivery) error) error {
	return errors.New("not used")
}
func (h *heap) Broadcast(context.Context, bus.Signal, []byte) error         { return nil }
func (h *heap) Listen(context.Context, bus.Signal, func(data []byte)) error { return nil }
func (h *heap) Usage(context.Context) (bus.Usage, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.usage, nil
}

func (h *heap) set(fail error, hang bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fail, h.hang = fail, hang
}

func (h *heap) messages() []bus.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]bus.Message(nil), h.got...)
}

func download() *model.Activity {
	return &model.Activity{Tenant: "contoso", Source: model.SourceSession, Type: model.ActivityDownload, User: model.User{ID: "u1"}}
}

func TestIntentThenOutcome(t *testing.T) {
	t.Parallel()
	h := &heap{}
	now := time.Date(2026, 11, 30, 23, 59, 59, 123456789, time.FixedZone("", 3600))
	r := NewRecorder(h, RecorderOptions{Now: func() time.Time { return now }})
	a := download()
	if err := r.Intent(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if a.ID == "" || len(a.Reference) != 8 || a.Stage != model.StageIntent || a.Revision != RevisionFirst || !a.Time.Equal(now.Truncate(time.Microsecond)) {
		t.Fatalf("intent %+v", a)
	}
	intent := *a
	now = now.Add(time.Hour)
	a.Outcome, a.BytesDown = model.OutcomeComplete, 5
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the client went away: the outcome is recorded all the same
	if err := r.Outcome(ctx, a); err != nil {
		t.Fatal(err)
	}
	if a.ID != intent.ID || !a.Time.Equal(intent.Time) || a.Revision != RevisionOutcome || a.Stage != model.StageOutcome || !a.Recorded.After(intent.Recorded) {
		t.Fatalf("outcome %+v of intent %+v", a, intent)
	}
	ms := h.messages()
	if len(ms) != 2 || ms[0].Key != ms[1].Key || ms[0].ID == ms[1].ID || ms[0].Tenant != "contoso" || ms[0].Topic != bus.TopicActivity {
		t.Fatalf("messages %+v", ms)
	}
	back, err := Decode(ms[1].Data)
	if err != nil || back.BytesDown != 5 || !back.Time.Equal(a.Time) {
		t.Fatalf("decoded %+v, %v", back, err)
	}
}

func TestIntentFailsClosed(t *testing.T) {
	t.Parallel()
	h := &heap{fail: fault.New(fault.Limited, "bus", "full")}
	r := NewRecorder(h, RecorderOptions{})
	if err := r.Intent(t.Context(), download()); !fault.Is(err, fault.Limited) {
		t.Fatalf("%v, want limited", err)
	}
	h.set(nil, false)
	bad := download()
	bad.Tenant = "Not A Tenant"
	if err := r.Intent(t.Context(), bad); !fault.Is(err, fault.Invalid) {
		t.Fatalf("%v, want invalid", err)
	}
	if n := len(h.messages()); n != 0 || r.Counts().IntentsRefused != 1 {
		t.Fatalf("%d messages, counts %+v", n, r.Counts())
	}
}

func TestOutcomeWaitsForTheBus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &heap{hang: true}
		r := NewRecorder(h, RecorderOptions{OutcomeQueue: 3})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		began := time.Now()
		for i := range 3 {
			a := download()
			a.ID = model.ActivityID(fmt.Sprint("a", i))
			if err := r.Outcome(ctx, a); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Fatalf("three outcomes waited %v: only the first may wait for a bus that hangs", took)
		}
		if err := r.Outcome(ctx, download()); !fault.Is(err, fault.Limited) {
			t.Fatalf("%v when the queue is full, want limited", err)
		}
		h.set(nil, false)
		// A publish that hangs ends with its context only: shut down to see the rest stored.
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		c := r.Counts()
		if len(h.messages()) != 3 || c.OutcomesRetried != 3 || c.OutcomesLost != 1 || c.OutcomesWaiting != 0 {
			t.Fatalf("%d messages, counts %+v", len(h.messages()), c)
		}
	})
}

func TestBusNearlyFullKeepsRoomForOutcomes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &heap{usage: bus.Usage{Bytes: 96, Limit: 100}}
		r := NewRecorder(h, RecorderOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		if err := r.Intent(ctx, download()); !fault.Is(err, fault.Limited) {
			t.Fatalf("intent at 96 %%: %v, want limited", err)
		}
		r.View(download())
		if err := r.Outcome(ctx, download()); err != nil {
			t.Fatalf("outcome at 96 %%: %v", err)
		}
		if err := r.Event(ctx, download()); err != nil {
			t.Fatalf("event at 96 %%: %v", err)
		}
		h.mu.Lock()
		h.usage.Bytes = 92
		h.mu.Unlock()
		time.Sleep(2 * time.Second) // of the bubble's clock
		if err := r.Intent(ctx, download()); !fault.Is(err, fault.Limited) {
			t.Fatalf("intent at 92 %% on the way down: %v, want limited", err)
		}
		h.mu.Lock()
		h.usage.Bytes = 50
		h.mu.Unlock()
		time.Sleep(2 * time.Second)
		if err := r.Intent(ctx, download()); err != nil {
			t.Fatalf("intent at 50 %%: %v", err)
		}
		cancel()
		<-ended
		if c := r.Counts(); c.ViewsDropped != 1 || c.Views != 0 || c.Fill != 0.5 {
			t.Fatalf("counts %+v", c)
		}
	})
}

func TestViewsAreSampledBoundedAndFlushed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &heap{}
		r := NewRecorder(h, RecorderOptions{ViewShare: 0.25, ViewQueue: 100})
		view := func(i int) *model.Activity {
			return &model.Activity{ID: ID("contoso", model.SourceSession, fmt.Sprint(i)), Tenant: "contoso", Source: model.SourceSession, Type: model.ActivityView}
		}
		for i := range 2000 { // nobody runs: the queue takes 100
			r.View(view(i))
		}
		c := r.Counts()
		if kept := 2000 - c.ViewsSampledOut; kept < 400 || kept > 600 || c.ViewsDropped != kept-100 {
			t.Fatalf("counts %+v", c)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if n := len(h.messages()); n != 100 || r.Counts().Views != 100 {
			t.Fatalf("%d messages, counts %+v", n, r.Counts())
		}
		none := NewRecorder(h, RecorderOptions{ViewShare: -1})
		none.View(view(0))
		if none.Counts().ViewsSampledOut != 1 {
			t.Fatal("a negative share keeps none")
		}
	})
}

func TestClientTextIsBounded(t *testing.T) {
	t.Parallel()
	h := &heap{}
	r := NewRecorder(h, RecorderOptions{})
	a := download()
	a.Agent.Raw = strings.Repeat("é", 1000)
	a.User.ID = "u\r\nNats-Rollup: all"
	a.ID = "x\ny"
	if err := r.Event(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	m := h.messages()[0]
	if strings.ContainsAny(m.ID+m.Key, "\r\n") || len(a.Agent.Raw) > 1024 || !strings.HasSuffix(a.Agent.Raw, "é…") {
		t.Fatalf("message %q %q, agent of %d bytes", m.ID, m.Key, len(a.Agent.Raw))
	}
	a.Detail = map[string]any{"raw": strings.Repeat("x", MaxEncoded)}
	if err := r.Event(t.Context(), a); !fault.Is(err, fault.Invalid) {
		t.Fatalf("%v for an activity of more than 1 MiB, want invalid", err)
	}
}

func BenchmarkIntent(b *testing.B) {
	h := &heap{}
	r := NewRecorder(h, RecorderOptions{})
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Intent(b.Context(), download()); err != nil {
			b.Fatal(err)
		}
		h.got = h.got[:0]
	}
}
