package gateway_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/vault"
)

// memory is every store that the gateway and the session package need, in maps. Keys carry the tenant.
type memory struct {
	mu          sync.Mutex
	down        bool // every method fails
	sessions    map[string]session.Session
	apps        map[string]session.AppSession
	codes       map[string]session.Code
	cookies     map[string]session.HostCookie
	stashes     map[string]session.Stash
	blocked     map[string]session.Blocked
	grants      []session.Grant
	rows        map[string]map[string]session.JarRow
	versions    map[string]int64
	revocations []session.Revocation
	keys        map[model.TenantID][]vault.KeyRow
}

func newMemory() *memory {
	return &memory{
		sessions: map[string]session.Session{}, apps: map[string]session.AppSession{}, codes: map[string]session.Code{},
		cookies: map[string]session.HostCookie{}, stashes: map[string]session.Stash{}, blocked: map[string]session.Blocked{},
		rows: map[string]map[string]session.JarRow{}, versions: map[string]int64{}, keys: map[model.TenantID][]vault.KeyRow{},
	}
}

func key(t model.TenantID, id string) string { return string(t) + "\x00" + id }

func (m *memory) lock() (func(), error) {
	m.mu.Lock()
	if m.down {
		m.mu.Unlock()
		return nil, fault.New(fault.Unavailable, "memory", "the store is down")
	}
	return m.mu.Unlock, nil
}

func take[T any](m *memory, from map[string]T, k string, remove bool) (v T, err error) {
	unlock, err := m.lock()
	if err != nil {
		return v, err
	}
	defer unlock()
	v, ok := from[k]
	if !ok {
		return v, fault.New(fault.NotFound, "memory", "no such row")
	}
	if remove {
		delete(from, k)
	}
	return v, nil
}

func put[T any](m *memory, to map[string]T, k string, v T) error {
	unlock, err := m.lock()
	if err != nil {
		return err
	}
	defer unlock()
	to[k] = v
	return nil
}

func (m *memory) PutSession(_ context.Context, s session.Session) error {
	return put(m, m.sessions, key(s.Tenant, string(s.ID)), s)
}

func (m *memory) Session(_ context.Context, t model.TenantID, id model.SessionID) (session.Session, error) {
	return take(m, m.sessions, key(t, string(id)), false)
}

func (m *memory) UpdateSession(_ context.Context, t model.TenantID, id model.SessionID, change func(*session.Session) error) (session.Session, error) {
	unlock, err := m.lock()
	if err != nil {
		return session.Session{}, err
	}
	defer unlock()
	s, ok := m.sessions[key(t, string(id))]
	if !ok {
		return s, fault.New(fault.NotFound, "memory", "no such session")
	}
	if err := change(&s); err != nil {
		return s, err
	}
	m.sessions[key(t, string(id))] = s
	return s, nil
}

func (m *memory) TouchSession(context.Context, model.TenantID, model.SessionID, time.Time) error {
	return nil
}

func (m *memory) Sessions(context.Context, model.TenantID, model.UserID, time.Time) ([]session.Session, error) {
	return nil, nil
}

func (m *memory) Revoke(_ context.Context, r session.Revocation) (session.Revocation, error) {
	unlock, err := m.lock()
	if err != nil {
		return r, err
	}
	defer unlock()
	r.Epoch = int64(len(m.revocations) + 1)
	m.revocations = append(m.revocations, r)
	for k, s := range m.sessions {
		if r.Hits(&s) {
			s.Revoked = r.At
			m.sessions[k] = s
		}
	}
	return r, nil
}

func (m *memory) RevokedSince(_ context.Context, t model.TenantID, epoch int64) ([]session.Revocation, error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []session.Revocation
	for _, r := range m.revocations {
		if r.Tenant == t && r.Epoch > epoch {
			out = append(out, r)
		}
	}
	return out, nil
}

func (m *memory) PutAppSession(_ context.Context, s session.AppSession) error {
	return put(m, m.apps, key(s.Tenant, s.ID), s)
}

func (m *memory) AppSession(_ context.Context, t model.TenantID, id string) (session.AppSession, error) {
	return take(m, m.apps, key(t, id), false)
}

func (m *memory) find(t model.TenantID, is func(*session.AppSession) bool) (session.AppSession, error) {
	unlock, err := m.lock()
	if err != nil {
		return session.AppSession{}, err
	}
	defer unlock()
	for _, a := range m.apps {
		if a.Tenant == t && is(&a) {
			return a, nil
		}
	}
	return session.AppSession{}, fault.New(fault.NotFound, "memory", "no such app session")
}

func (m *memory) ByLookup(_ context.Context, t model.TenantID, hash string) (session.AppSession, error) {
	return m.find(t, func(a *session.AppSession) bool { return a.Lookup == hash })
}

func (m *memory) ByLabel(_ context.Context, t model.TenantID, hash string) (session.AppSession, error) {
	return m.find(t, func(a *session.AppSession) bool { return a.Label == hash })
}

func (m *memory) AppSessions(context.Context, model.TenantID, model.SessionID) ([]session.AppSession, error) {
	return nil, nil
}

func (m *memory) PutCode(_ context.Context, c session.Code) error {
	return put(m, m.codes, key(c.Tenant, c.Hash), c)
}

func (m *memory) TakeCode(_ context.Context, t model.TenantID, hash string) (session.Code, error) {
	return take(m, m.codes, key(t, hash), true)
}

func (m *memory) PutHostCookie(_ context.Context, c session.HostCookie) error {
	return put(m, m.cookies, key(c.Tenant, c.Hash), c)
}

func (m *memory) HostCookie(_ context.Context, t model.TenantID, hash string) (session.HostCookie, error) {
	return take(m, m.cookies, key(t, hash), false)
}

func (m *memory) DeleteExpired(context.Context, time.Time, int) (int, error) { return 0, nil }

func (m *memory) PutStash(_ context.Context, s session.Stash) error {
	return put(m, m.stashes, key(s.Tenant, s.ID), s)
}

func (m *memory) TakeStash(_ context.Context, t model.TenantID, id string) (session.Stash, error) {
	return take(m, m.stashes, key(t, id), true)
}

func (m *memory) PutBlocked(_ context.Context, b session.Blocked) error {
	return put(m, m.blocked, key(b.Tenant, b.Reference), b)
}

func (m *memory) Blocked(_ context.Context, t model.TenantID, ref string, _ time.Time) (session.Blocked, error) {
	return take(m, m.blocked, key(t, ref), false)
}

func (m *memory) PutGrant(_ context.Context, g session.Grant) error {
	unlock, err := m.lock()
	if err != nil {
		return err
	}
	defer unlock()
	m.grants = append(m.grants, g)
	return nil
}

func (m *memory) Grants(_ context.Context, t model.TenantID, id model.SessionID, now time.Time) ([]session.Grant, error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []session.Grant
	for _, g := range m.grants {
		if g.Tenant == t && g.Session == id && now.Before(g.Expires) {
			out = append(out, g)
		}
	}
	return out, nil
}

func rowID(r *session.JarRow) string { return r.Domain + "\x00" + r.Path + "\x00" + r.Name }

func (m *memory) JarRows(_ context.Context, t model.TenantID, app string) ([]session.JarRow, int64, error) {
	unlock, err := m.lock()
	if err != nil {
		return nil, 0, err
	}
	defer unlock()
	var out []session.JarRow
	for _, r := range m.rows[key(t, app)] {
		out = append(out, r)
	}
	return out, m.versions[key(t, app)], nil
}

func (m *memory) JarVersion(_ context.Context, t model.TenantID, app string) (int64, error) {
	unlock, err := m.lock()
	if err != nil {
		return 0, err
	}
	defer unlock()
	return m.versions[key(t, app)], nil
}

func (m *memory) WriteJar(_ context.Context, t model.TenantID, app string, put, drop []session.JarRow) (int64, error) {
	unlock, err := m.lock()
	if err != nil {
		return 0, err
	}
	defer unlock()
	k := key(t, app)
	if m.rows[k] == nil {
		m.rows[k] = map[string]session.JarRow{}
	}
	for i := range put {
		m.rows[k][rowID(&put[i])] = put[i]
	}
	for i := range drop {
		delete(m.rows[k], rowID(&drop[i]))
	}
	m.versions[k]++
	return m.versions[k], nil
}

func (m *memory) PutVaultKey(_ context.Context, row vault.KeyRow) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys[row.Tenant] = append(m.keys[row.Tenant], row)
	return nil
}

func (m *memory) ReplaceVaultKey(context.Context, vault.KeyRow) error { return nil }

func (m *memory) VaultKeys(_ context.Context, t model.TenantID) ([]vault.KeyRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]vault.KeyRow(nil), m.keys[t]...), nil
}

func (m *memory) VaultTenants(context.Context) ([]model.TenantID, error) { return nil, nil }

// recorder keeps activities, or refuses them as a full bus does.
type recorder struct {
	mu   sync.Mutex
	full bool
	all  []model.Activity
	n    int
}

func (r *recorder) keep(a *model.Activity, stage model.Stage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.ID == "" {
		r.n++
		a.ID = model.ActivityID(fmt.Sprintf("A%d", r.n))
		a.Reference = fmt.Sprintf("REF%05d", r.n)
	}
	a.Stage = stage
	if r.full && stage != model.StageOutcome {
		return fault.New(fault.Limited, "recorder", "the bus is full")
	}
	if err := a.Validate(); err != nil {
		return err
	}
	c := *a
	c.Files = append([]model.File(nil), a.Files...)
	c.Policies = append([]model.PolicyRef(nil), a.Policies...)
	r.all = append(r.all, c)
	return nil
}

func (r *recorder) Intent(_ context.Context, a *model.Activity) error {
	return r.keep(a, model.StageIntent)
}

func (r *recorder) Outcome(_ context.Context, a *model.Activity) error {
	return r.keep(a, model.StageOutcome)
}
func (r *recorder) Event(_ context.Context, a *model.Activity) error { return r.keep(a, "") }
func (r *recorder) View(a *model.Activity)                           { _ = r.keep(a, "") }

// of returns what was recorded of a type and stage.
func (r *recorder) of(kind model.ActivityType, stage model.Stage) []model.Activity {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []model.Activity
	for _, a := range r.all {
		if a.Type == kind && a.Stage == stage {
			out = append(out, a)
		}
	}
	return out
}
