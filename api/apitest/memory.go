package apitest

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/entity"
	"github.com/referee-casb/referee/model"
)

// Memory is an activity log in memory that is its own recorder: what is recorded is found at once.
type Memory struct {
	mu    sync.Mutex
	now   func() time.Time
	rows  map[model.TenantID][]model.Activity
	n     int
	deaf  error // what Intent and Event answer with
	blind error // what reading answers with
	tails []chan model.Activity
	torn  int // an export breaks after so many rows; 0: never
}

// Rows returns a tenant's activities in the order in which they came.
func (m *Memory) Rows(t model.TenantID) []model.Activity {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.rows[t])
}

// Deafen makes recording fail, with nil work again.
func (m *Memory) Deafen(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deaf = err
}

// Blind makes reading fail, with nil work again.
func (m *Memory) Blind(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blind = err
}

// Tear makes an export break after so many rows; 0 makes it whole again.
func (m *Memory) Tear(rows int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.torn = rows
}

func (m *Memory) record(a *model.Activity) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.deaf != nil && a.Stage != model.StageOutcome {
		return m.deaf
	}
	if a.ID == "" {
		m.n++
		a.ID = activitylog.ID(a.Tenant, a.Source, string(rune('a'+m.n%26))+time.Duration(m.n).String())
	}
	if a.Time.IsZero() {
		a.Time = m.now()
	}
	if a.Reference == "" {
		a.Reference = activitylog.Reference(a.ID)
	}
	a.Recorded = m.now()
	rows := m.rows[a.Tenant]
	if i := slices.IndexFunc(rows, func(b model.Activity) bool { return b.ID == a.ID }); i >= 0 {
		rows[i] = *a
		return nil
	}
	m.rows[a.Tenant] = append(rows, *a)
	for _, c := range m.tails {
		c <- *a
	}
	return a.Validate()
}

func (m *Memory) Intent(_ context.Context, a *model.Activity) error {
	a.Stage, a.Revision = model.StageIntent, 1
	return m.record(a)
}

func (m *Memory) Outcome(_ context.Context, a *model.Activity) error {
	a.Stage, a.Revision = model.StageOutcome, 3
	return m.record(a)
}

func (m *Memory) Event(_ context.Context, a *model.Activity) error { return m.record(a) }

func (m *Memory) Export(_ context.Context, t model.TenantID, q activitylog.Query) iter.Seq2[model.Activity, error] {
	return func(yield func(model.Activity, error) bool) {
		m.mu.Lock()
		rows, blind, torn := slices.Clone(m.rows[t]), m.blind, m.torn
		m.mu.Unlock()
		if blind != nil {
			yield(model.Activity{}, blind)
			return
		}
		var program *filter.Program[model.Activity]
		if q.Filter != nil {
			var err error
			if program, err = entity.Activity.Compile(q.Filter); err != nil {
				yield(model.Activity{}, err)
				return
			}
		}
		slices.SortStableFunc(rows, func(a, b model.Activity) int { return a.Time.Compare(b.Time) })
		for i, a := range rows {
			if torn > 0 && i == torn {
				yield(model.Activity{}, fault.New(fault.Unavailable, "test", "the disk is gone"))
				return
			}
			in := (q.From.IsZero() || !a.Time.Before(q.From)) && (q.To.IsZero() || a.Time.Before(q.To))
			if in && (program == nil || program.Eval(&a, m.now()) == filter.True) && !yield(a, nil) {
				return
			}
		}
	}
}

func (m *Memory) all(t model.TenantID, q activitylog.Query) (out []model.Activity, err error) {
	for a, err := range m.Export(context.Background(), t, q) {
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (m *Memory) Search(_ context.Context, t model.TenantID, q activitylog.Query) (activitylog.Page, error) {
	q, _, err := activitylog.CheckQuery(q)
	if err != nil {
		return activitylog.Page{}, err
	}
	rows, err := m.all(t, q)
	if !q.Ascending {
		slices.Reverse(rows)
	}
	total := int64(len(rows))
	return activitylog.Page{Activities: rows[:min(q.Limit, len(rows))], Total: total}, err
}

func (m *Memory) first(t model.TenantID, match func(*model.Activity) bool) (model.Activity, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.rows[t] {
		if match(&m.rows[t][i]) {
			return m.rows[t][i], nil
		}
	}
	return model.Activity{}, fault.New(fault.NotFound, "test", "there is no such activity")
}

func (m *Memory) Get(_ context.Context, t model.TenantID, id model.ActivityID) (model.Activity, error) {
	return m.first(t, func(a *model.Activity) bool { return a.ID == id })
}

func (m *Memory) Find(_ context.Context, t model.TenantID, ref string) (model.Activity, error) {
	return m.first(t, func(a *model.Activity) bool { return a.Reference == ref })
}

func (m *Memory) Count(_ context.Context, t model.TenantID, q activitylog.Query, field string, _ int) ([]activitylog.Bucket, error) {
	if entity.Activity.Field(field) == nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "test", Key: field, Msg: "is no field"}
	}
	rows, err := m.all(t, q)
	return []activitylog.Bucket{{Value: "all", Count: int64(len(rows))}}, err
}

func (m *Memory) tail(t model.TenantID, match func(*model.Activity) bool, buffer int) (<-chan model.Activity, func() int64, func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in, out := make(chan model.Activity, buffer), make(chan model.Activity, buffer)
	m.tails = append(m.tails, in)
	go func() {
		for a := range in {
			if a.Tenant == t && match(&a) {
				out <- a
			}
		}
	}()
	return out, func() int64 { return 0 }, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.tails = slices.DeleteFunc(m.tails, func(c chan model.Activity) bool { return c == in })
		close(in)
	}
}
