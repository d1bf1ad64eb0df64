package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// shelf is a log that keeps the contract's rules in memory and fails as told.
type shelf struct {
	mu       sync.Mutex
	fail     map[model.TenantID]error
	refuse   model.ActivityID // an id that it calls invalid
	rows     map[model.ActivityID]model.Activity
	position map[string]uint64
	calls    int
}

func newShelf() *shelf {
	return &shelf{fail: map[model.TenantID]error{}, rows: map[model.ActivityID]model.Activity{}, position: map[string]uint64{}}
}

func (s *shelf) Append(_ context.Context, b activitylog.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if err := s.fail[b.Tenant]; err != nil {
		return err
	}
	if slices.ContainsFunc(b.Rows, func(a model.Activity) bool { return a.ID == s.refuse }) {
		return fault.New(fault.Invalid, "shelf", "refused")
	}
	file := fmt.Sprint(b.Tenant, b.Month, b.Partition)
	for i, a := range b.Rows {
		if b.Sequences[i] <= s.position[file] {
			continue
		}
		if old, ok := s.rows[a.ID]; !ok || activitylog.Replaces(&a, &old) {
			s.rows[a.ID] = a
		}
	}
	s.position[file] = max(s.position[file], b.Last)
	return nil
}

func (s *shelf) Position(context.Context, model.TenantID, activitylog.Month, int) (uint64, error) {
	return 0, errors.New("not used")
}

type sink struct {
	got  []model.Activity
	fail error
}

func (s *sink) Activities(_ context.Context, as []model.Activity) error {
	if s.fail != nil {
		return s.fail
	}
	s.got = append(s.got, as...)
	return nil
}

type letters struct {
	got  []DeadLetter
	fail error
}

func (l *letters) Put(_ context.Context, d DeadLetter) error {
	if l.fail == nil {
		l.got = append(l.got, d)
	}
	return l.fail
}

type stamp struct{}

func (stamp) Activity(a *model.Activity) { a.Network.Country = "DK" }

func activity(tenant model.TenantID, id string, at time.Time) model.Activity {
	return model.Activity{ID: model.ActivityID(id), Tenant: tenant, Revision: 1, Time: at, Source: model.SourceSession, Type: model.ActivityDownload}
}

// deliveries makes a batch from activities and from raw texts.
func deliveries(t *testing.T, first uint64, things ...any) []bus.Delivery {
	t.Helper()
	var out []bus.Delivery
	for i, thing := range things {
		d := bus.Delivery{Sequence: first + uint64(i), Attempt: 1, Stored: noon}
		switch v := thing.(type) {
		case string:
			d.Tenant, d.Data = "contoso", []byte(v)
		case model.Activity:
			m, err := activitylog.Message(&v)
			if err != nil {
				t.Fatal(err)
			}
			d.Message = m
		}
		out = append(out, d)
	}
	return out
}

func TestBatchGoesToEveryFile(t *testing.T) {
	t.Parallel()
	log, s := newShelf(), &sink{}
	p := New(nil, log, Options{Enrich: stamp{}, Sinks: []Sink{s}})
	intent := activity("contoso", "a", noon)
	outcome := intent
	outcome.Revision = 3
	december := noon.AddDate(0, 1, 0)
	batch := deliveries(t, 10, intent, activity("fabrikam", "b", noon), activity("contoso", "c", december), outcome)
	if err := p.handle(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if len(log.rows) != 3 || log.rows["a"].Revision != 3 || log.rows["b"].Network.Country != "DK" {
		t.Fatalf("rows %+v", log.rows)
	}
	// Every file is complete up to the batch's end, whoever owns its last message.
	for file, position := range log.position {
		if position != 13 {
			t.Errorf("%s is at %d, want 13", file, position)
		}
	}
	if len(log.position) != 3 || len(s.got) != 4 {
		t.Fatalf("files %v, sink got %d", log.position, len(s.got))
	}
	// The same again, as after a lost acknowledgement: nobody sees anything twice.
	if err := p.handle(t.Context(), batch); err != nil || len(s.got) != 4 || p.Counts().Duplicates != 4 {
		t.Fatalf("%v, sink got %d, counts %+v", err, len(s.got), p.Counts())
	}
}

func TestBadMessagesNeverBlock(t *testing.T) {
	t.Parallel()
	for name, dead := range map[string]*letters{"kept": {}, "not even kept": {fail: errors.New("disk full")}} {
		log := newShelf()
		p := New(nil, log, Options{DeadLetters: dead})
		foreign := activity("fabrikam", "forged", noon)
		batch := deliveries(t, 1, "{", activity("contoso", "a", noon), `{"id":""}`, foreign, activity("contoso", "b", noon))
		batch[3].Tenant = "contoso" // what one tenant's subject carries can't be another's
		if err := p.handle(t.Context(), batch); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(log.rows) != 2 || p.Counts().DeadLetters != 3 || dead.fail == nil && len(dead.got) != 3 {
			t.Fatalf("%s: rows %d, counts %+v, letters %+v", name, len(log.rows), p.Counts(), dead.got)
		}
	}
}

func TestFailedFileComesAgain(t *testing.T) {
	t.Parallel()
	log, s := newShelf(), &sink{}
	p := New(nil, log, Options{Sinks: []Sink{s}, DeadLetters: &letters{}})
	log.fail["fabrikam"] = fault.New(fault.Unavailable, "shelf", "disk full")
	batch := deliveries(t, 1, activity("contoso", "a", noon), activity("fabrikam", "b", noon))
	if err := p.handle(t.Context(), batch); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("%v, want the file's fault", err)
	}
	if len(log.rows) != 1 || len(s.got) != 0 {
		t.Fatalf("rows %d, sink got %d: the other file commits, sinks wait", len(log.rows), len(s.got))
	}
	delete(log.fail, "fabrikam")
	if err := p.handle(t.Context(), batch); err != nil || len(log.rows) != 2 || len(s.got) != 2 {
		t.Fatalf("%v, rows %d, sink got %d", err, len(log.rows), len(s.got))
	}
}

func TestFileThatStaysUnusableIsParked(t *testing.T) {
	t.Parallel()
	now := noon
	log, s, dead := newShelf(), &sink{}, &letters{}
	p := New(nil, log, Options{Sinks: []Sink{s}, DeadLetters: dead, ParkAfter: 3, Now: func() time.Time { return now }})
	log.fail["fabrikam"] = fault.New(fault.Unavailable, "shelf", "damaged")
	batch := deliveries(t, 1, activity("contoso", "a", noon), activity("fabrikam", "b", noon))
	run := func(attempt int, batch []bus.Delivery) error {
		for i := range batch {
			batch[i].Attempt = attempt
		}
		return p.handle(t.Context(), batch)
	}
	dead.fail = errors.New("disk full")
	if run(1, batch) == nil || run(2, batch) == nil || run(3, batch) == nil {
		t.Fatal("acknowledged what is kept nowhere")
	}
	dead.fail = nil
	if err := run(3, batch); err != nil {
		t.Fatal(err)
	}
	if len(dead.got) != 1 || dead.got[0].Tenant != "fabrikam" || len(s.got) != 1 || p.Counts().Parked != 1 {
		t.Fatalf("letters %+v, sink got %v, counts %+v", dead.got, s.got, p.Counts())
	}
	// The next batch does not wait for that file again, one that comes much later does.
	if err := run(1, deliveries(t, 3, activity("fabrikam", "c", noon))); err != nil || len(dead.got) != 2 {
		t.Fatalf("%v, %d letters", err, len(dead.got))
	}
	now = now.Add(unfitFor + time.Second)
	if err := run(1, deliveries(t, 4, activity("fabrikam", "d", noon))); err == nil {
		t.Fatal("the file was not tried with patience again")
	}
}

func TestRowThatTheLogRefuses(t *testing.T) {
	t.Parallel()
	log, dead, s := newShelf(), &letters{}, &sink{}
	log.refuse = "b"
	p := New(nil, log, Options{DeadLetters: dead, Sinks: []Sink{s}})
	if err := p.handle(t.Context(), deliveries(t, 1, activity("contoso", "a", noon), activity("contoso", "b", noon), activity("contoso", "c", noon))); err != nil {
		t.Fatal(err)
	}
	if len(log.rows) != 2 || len(dead.got) != 1 || len(s.got) != 2 {
		t.Fatalf("rows %d, letters %d, sink got %d", len(log.rows), len(dead.got), len(s.got))
	}
}

func TestSinkThatFailsGetsTheBatchAgain(t *testing.T) {
	t.Parallel()
	s := &sink{fail: fault.New(fault.Unavailable, "sink", "not now")}
	p := New(nil, newShelf(), Options{Sinks: []Sink{s}})
	batch := deliveries(t, 1, activity("contoso", "a", noon))
	if err := p.handle(t.Context(), batch); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("%v", err)
	}
	s.fail = nil
	if err := p.handle(t.Context(), batch); err != nil || len(s.got) != 1 {
		t.Fatalf("%v, sink got %d", err, len(s.got))
	}
}

func TestRecentForgetsTheOldest(t *testing.T) {
	t.Parallel()
	var r recent
	a := activity("contoso", "first", noon)
	r.add([]model.Activity{a})
	for i := range recentSize {
		if !r.has(&a) {
			t.Fatalf("forgotten after %d", i)
		}
		r.add([]model.Activity{activity("contoso", fmt.Sprint(i), noon)})
	}
	if r.has(&a) || len(r.set) != recentSize || len(r.ring) != recentSize {
		t.Fatalf("%d of %d remembered", len(r.set), recentSize)
	}
	higher := activity("contoso", "0", noon)
	if higher.Revision = 2; r.has(&higher) {
		t.Fatal("a higher revision is another thing")
	}
}

func TestTails(t *testing.T) {
	t.Parallel()
	p := New(nil, newShelf(), Options{})
	all := p.Tail("contoso", nil, 0)
	some := p.Tail("contoso", func(a *model.Activity) bool { return a.ID == "b" }, 1)
	slow := p.Tail("contoso", nil, 1)
	other := p.Tail("fabrikam", nil, 0)
	if err := p.handle(t.Context(), deliveries(t, 1, activity("contoso", "a", noon), activity("contoso", "b", noon))); err != nil {
		t.Fatal(err)
	}
	for _, tail := range []*Tail{all, some, slow, other} {
		tail.Close()
		tail.Close()
	}
	read := func(t *Tail) (out []string) {
		for a := range t.C {
			out = append(out, string(a.ID))
		}
		return out
	}
	if a, b, c, d := read(all), read(some), read(slow), read(other); !slices.Equal(a, []string{"a", "b"}) || !slices.Equal(b, []string{"b"}) || !slices.Equal(c, []string{"a"}) || d != nil {
		t.Fatalf("%v %v %v %v", a, b, c, d)
	}
	if slow.Dropped() != 1 || all.Dropped() != 0 || p.Counts().TailDropped != 1 {
		t.Fatalf("dropped %d, counts %+v", slow.Dropped(), p.Counts())
	}
	if err := p.handle(t.Context(), deliveries(t, 3, activity("contoso", "c", noon))); err != nil {
		t.Fatal(err)
	}
}
