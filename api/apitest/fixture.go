// Package apitest runs the API over a real store and an activity log in memory, with two tenants and a token of each
// role. The tests of api and cli stand on it.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/appcheck"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/dlp/evidence"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/inspect/edm"
	"github.com/referee-casb/referee/internal/clock"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/replay"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

// Monday is when the fixture's clock begins.
var Monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// storeRevoker ends sessions in the store alone.
type storeRevoker struct{ session.Store }

func (r storeRevoker) Revoke(ctx context.Context, v session.Revocation) error {
	_, err := r.Store.Revoke(ctx, v)
	return err
}

// Fixture is an API over a real store, with two tenants and a token of each role for each of them and for the
// installation.
type Fixture struct {
	*api.API
	DB      *sqlite.DB
	Log     *Memory
	Clock   *clock.Clock
	mu      sync.Mutex
	signals []string
	Tokens  map[string]string // secret by "tenant/role"

	// Zones are the tenants' time zones; UTC for one that is not there. Set before the first request.
	Zones map[model.TenantID]*time.Location
	// Evidence keeps what tests say was found.
	Evidence *evidence.Keeper
	tables   *edm.Store
	vault    *vault.Vault

	// NotReady is why the API says that it is not ready; nil: it is.
	NotReady error
	// Unheard is what signalling a change fails with.
	Unheard error

	logged   text
	document *Document
	n        int
}

// New makes a fixture; it is closed when the test ends.
func New(t testing.TB) *Fixture {
	t.Helper()
	f := &Fixture{Clock: clock.Standing(Monday), Tokens: map[string]string{}}
	f.Log = &Memory{now: f.Clock.Now, rows: map[model.TenantID][]model.Activity{}}
	db := Store(t)
	f.DB = db
	f.content(t)
	var err error
	f.API, err = api.New(api.Config{
		URL: "https://referee.example.com", Version: "1.0.0", Rules: policy.Options{Capabilities: policy.Capabilities{Protect: true}}, Suffix: "gate-example.net", SignIn: "signin.example.com", Hosts: []string{"referee.example.com", "device.example.com"},
	}, api.Parts{
		Tenants: db, Catalog: db, Policies: db, Sessions: db, Apps: db, Tokens: db, Bypasses: db, Recoveries: db, Factors: db, Devices: db, People: db, InfoTypes: db, Discovered: db, Labels: db,
		Library: own.NewLibrary(db, f.tables), Tables: f.tables, Evidence: f.Evidence, ReadContent: readContent,
		Activity: f.Log, Recorder: f.Log, Revoker: storeRevoker{db},
		Changed: func(_ context.Context, s bus.Signal, t model.TenantID) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.signals = append(f.signals, string(s)+" "+string(t))
			return f.Unheard
		},
		Zone: func(t model.TenantID) *time.Location {
			if z := f.Zones[t]; z != nil {
				return z
			}
			return time.UTC
		},
		Ready: func(context.Context) error { return f.NotReady },
		Tail:  f.Log.tail, Now: f.Clock.Now, Log: slog.New(slog.NewTextHandler(&f.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Keys: keyring{f.Clock.Now}, Connections: f.broker(t),
		AppChecks: &appcheck.Checker{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route to host") }, Now: f.Clock.Now},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.document = f.Document(t)
	for _, id := range []model.TenantID{"contoso", "fabrikam"} {
		if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: id, Name: strings.ToUpper(string(id[:1])) + string(id[1:]), Brand: tenant.Brand{Contact: "helpdesk@" + string(id) + ".example"}, BreakGlass: Outside(id)}); err != nil {
			t.Fatal(err)
		}
	}
	var wait sync.WaitGroup // at once, so that the store commits them together
	for _, owner := range []string{tenant.Everywhere, "contoso", "fabrikam"} {
		for _, role := range []tenant.Role{tenant.RoleReader, tenant.RoleAnalyst, tenant.RoleOperator, tenant.RoleAdmin, tenant.RoleDevices} {
			secret := "referee_secret-of-" + owner + "-" + string(role)
			f.Tokens[owner+"/"+string(role)] = secret
			token := tenant.Token{ID: "tok-" + owner + "-" + string(role), Name: owner + " " + string(role), Tenant: owner, Role: role, Hash: tenant.HashToken(secret), Created: Monday, LastUsed: Monday}
			wait.Go(func() {
				if err := db.PutToken(t.Context(), token); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	return f
}

// Store opens an empty store; it is closed when the test ends.
func Store(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "referee.sqlite"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// text is a buffer that several goroutines write.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *text) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// Logged returns what the API has logged so far, at every level.
func (f *Fixture) Logged() string {
	f.logged.mu.Lock()
	defer f.logged.mu.Unlock()
	return f.logged.b.String()
}

// Answer is what the API gave.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request with the token of "tenant/role", "" for none. A body that is no string is sent as JSON.
func (f *Fixture) Do(t testing.TB, token, method, path string, body any) Answer {
	t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		r = bytes.NewReader(text)
	}
	req := httptest.NewRequestWithContext(t.Context(), method, path, r)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+f.Tokens[token])
	}
	return f.serve(t, req)
}

// Raw sends a request with an Authorization header of its own.
func (f *Fixture) Raw(t testing.TB, method, path, authorization, body string) Answer {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	req.Header.Set("Authorization", authorization)
	return f.serve(t, req)
}

// serve answers a request and holds the answer against the OpenAPI document.
func (f *Fixture) serve(t testing.TB, req *http.Request) Answer {
	t.Helper()
	w := httptest.NewRecorder()
	f.ServeHTTP(w, req)
	a := Answer{w.Code, w.Result().Header, w.Body.Bytes()} //nolint:bodyclose // a recorder's
	f.document.check(t, req.Method, req.URL.Path, a)
	return a
}

// Want sends a request and fails unless the answer has the status; it decodes the body into to, when that is given.
func (f *Fixture) Want(t testing.TB, token, method, path string, body any, status int, to any) Answer {
	t.Helper()
	a := f.Do(t, token, method, path, body)
	if a.Status != status {
		t.Fatalf("%s %s as %q: %d, want %d\n%s", method, path, token, a.Status, status, a.Body)
	}
	if to != nil {
		if err := json.Unmarshal(a.Body, to); err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, a.Body)
		}
	}
	return a
}

// File is a request body with one file of documents.
func File(text string, more ...any) map[string]any {
	out := map[string]any{"files": []map[string]string{{"name": "p.yaml", "text": text}}}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// BlockPolicy is the session policy of the fixture, in its monitor phase at first; RoutePolicy leads people there.
const BlockPolicy = `kind: SessionPolicy
id: block-downloads
name: Block downloads
control: controlFileDownload
activities: {app: {eq: onedrive}, device.tags: {eq: unmanaged}}
action: block
level: strict
unscannable: block
message: Files stay here.
nextStep: Read it in the browser.
contact: it@contoso.example
rollout: {then: block, after: 7d}
`

// RoutePolicy sends everybody at OneDrive through the gateway.
const RoutePolicy = `kind: ConditionalAccess
id: route-onedrive
name: Route OneDrive
state: enabled
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [onedrive]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured, isEnabled: true}}
`

// Download is an activity as the gateway writes it: somebody without a managed device takes a file.
func (f *Fixture) Download(t testing.TB, id model.TenantID, user string) model.Activity {
	t.Helper()
	in := policy.Input{
		Now: f.Clock.Now(), Tenant: id, Stage: policy.StageActivity, Control: string(session.ControlCustom),
		App: model.AppRef{ID: 15600, Key: "onedrive", Name: "Microsoft OneDrive for Business", Instance: "files"}, Suite: "office365", ClientApp: model.ClientBrowser,
		User: model.User{ID: model.UserID(user), Name: "Dora Director", Username: user + "@contoso.example"}, Device: []model.DeviceTag{model.TagUnmanaged}, DeviceState: filter.Known,
		Network: model.Network{Address: netip.MustParseAddr("203.0.113.9"), Country: "DK"}, GeoState: filter.Known, Activity: model.ActivityDownload,
		File: model.File{Name: "plan.docx", Size: 1000}, NameState: filter.Known, SizeState: filter.Known, TypeState: filter.Unobtainable, Navigation: true,
	}
	a := model.Activity{
		Tenant: id, Source: model.SourceSession, Type: model.ActivityDownload, App: in.App, User: in.User, Session: "s-" + model.SessionID(user),
		Device: model.ActivityDevice{Tags: in.Device}, Network: in.Network, Agent: model.Agent{Browser: "Firefox", OS: "macOS"}, Files: []model.File{in.File}, Revision: 1,
	}
	if book := f.Book(t, id); book != nil {
		var v policy.Verdict
		book.Decide(&in, &v)
		for i := range v.N {
			a.Policies = append(a.Policies, v.Deciding[i].Ref())
		}
		for i := range v.M {
			a.Policies = append(a.Policies, v.Monitored[i].Ref())
		}
		if v.Excepted != "" {
			a.Objects = append(a.Objects, model.Object{Type: "exception", ID: v.Excepted})
		}
		if v.Gate == policy.GateBlock {
			a.Taken, a.Outcome = model.TakenBlock, model.OutcomeBlocked
		}
	}
	replay.Remember(&in, &a)
	if err := f.Log.Event(t.Context(), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// Heard returns the signals that were sent, such as "policy contoso".
func (f *Fixture) Heard() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.signals)
}

// Request files somebody's wish for an exception from [BlockPolicy] and returns its id.
func (f *Fixture) Request(t testing.TB, id model.TenantID, user string) string {
	t.Helper()
	f.n++
	e := policy.Exception{
		ID: "ex-" + strconv.Itoa(f.n), Tenant: id, User: user, App: "onedrive", Policy: "block-downloads", Reason: "I need it on the train", State: policy.ExceptionRequested,
		Requester: user, Requested: f.Clock.Now(), Expires: f.Clock.Now().Add(7 * 24 * time.Hour), Version: 1,
	}
	if err := f.DB.PutException(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// Book compiles what is stored, as a gateway would.
func (f *Fixture) Book(t testing.TB, id model.TenantID) *policy.Book {
	t.Helper()
	opt := policy.Options{Tenant: id, Phases: map[string]policy.Phase{}, Revisions: map[string]int64{}}
	revisions, err := f.DB.Documents(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var docs []*policy.Document
	for _, r := range revisions {
		d, problems := policy.Decode("", r.Text)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, d...)
		opt.Revisions[r.ID] = r.Number
	}
	states, err := f.DB.Rollouts(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		opt.Phases[s.Policy] = s.Phase
	}
	if opt.Exceptions, err = f.DB.Exceptions(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	book, problems := policy.Compile(docs, opt)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return book
}

// FilesApp is an instance of OneDrive.
var FilesApp = map[string]any{
	"app": "onedrive", "name": "Files", "route": "sso",
	"hosts":      []map[string]any{{"name": "files.example.com", "role": "app"}},
	"federation": map[string]any{"protocol": "oidc", "clientId": "files", "redirectUris": []string{"https://files.example.com/callback"}},
}

// Outside names two break-glass accounts of a tenant.
func Outside(id model.TenantID) tenant.BreakGlass {
	at := "@" + string(id) + ".onmicrosoft.com"
	return tenant.BreakGlass{Accounts: []tenant.Account{
		{Name: "breakglass1" + at, At: "https://entra.microsoft.com", Note: "safe in the office", Tested: "2026-11-02"},
		{Name: "breakglass2" + at, At: "https://entra.microsoft.com", Tested: "2026-11-02"},
	}}
}
