package scim_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/directory/scim"
	"github.com/referee-casb/referee/internal/clock"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const secret = "referee_scim_0123456789abcdef"

// world is a server over a real store, with the sources contoso/entra, contoso/okta and fabrikam/entra.
type world struct {
	*scim.Server
	db    *sqlite.DB
	clock *clock.Clock

	mu      sync.Mutex
	done    []string // recorded changes
	refused []string // users that may not sign in any more
	broken  error    // what following a change answers
	mute    bool     // nothing can be recorded
	gone    bool     // the client goes away while its change is stored
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{clock: clock.Standing(monday)}
	var err error
	if w.db, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Options{Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	for _, at := range []string{"contoso/entra", "contoso/okta", "fabrikam/entra"} {
		owner, name, _ := strings.Cut(at, "/")
		id, source := model.TenantID(owner), directory.SourceID(name)
		if _, err := w.db.Tenant(t.Context(), id); err != nil {
			if _, err := w.db.PutTenant(t.Context(), tenant.Tenant{ID: id, Name: owner}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.db.AddSource(t.Context(), directory.Source{ID: source, Tenant: id, Kind: directory.KindSCIM, Created: monday}); err != nil {
			t.Fatal(err)
		}
		if err := w.db.AddSourceToken(t.Context(), directory.Token{ID: "t1", Tenant: id, Source: source, Hash: directory.HashToken(secret + at), Created: monday}); err != nil {
			t.Fatal(err)
		}
	}
	w.Server = scim.New(scim.Parts{
		Store: w.db, Sources: w.db, URL: "https://referee.example", Now: w.clock.Now, Log: slog.New(slog.DiscardHandler),
		Record: func(ctx context.Context, r *http.Request, c scim.Change, commit func() error) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.gone {
				r.Context().Value(leave{}).(context.CancelFunc)() //nolint:forcetypeassert // ask put it there
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
			if w.mute {
				return errors.New("the bus is full")
			}
			err := commit()
			if err == nil {
				w.done = append(w.done, string(c.Tenant)+" "+c.Action+" "+c.Name)
			}
			return err
		},
		Changed: func(_ context.Context, _ model.TenantID, refused []directory.User) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, u := range refused {
				w.refused = append(w.refused, u.Username)
			}
			return w.broken
		},
	})
	return w
}

// leave is the key of what ends a request's context.
type leave struct{}

type answer struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

// ask sends a request to a source with its token; headers are pairs.
func (w *world) ask(t testing.TB, at, method, path, body string, headers ...string) answer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := httptest.NewRequestWithContext(context.WithValue(ctx, leave{}, cancel), method, "/scim/v2/"+at+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret+at)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	a := answer{status: rec.Code, header: rec.Header(), text: rec.Body.String()}
	if a.text != "" {
		if err := json.Unmarshal(rec.Body.Bytes(), &a.body); err != nil {
			t.Fatalf("%s %s: %v in %q", method, path, err, a.text)
		}
		if got := a.header.Get("Content-Type"); got != "application/scim+json" {
			t.Errorf("%s %s: content type %q", method, path, got)
		}
	}
	if a.status >= 400 && (a.body["status"] == nil || a.text == "" || !strings.Contains(a.text, "urn:ietf:params:scim:api:messages:2.0:Error")) {
		t.Errorf("%s %s: %d is no SCIM error: %s", method, path, a.status, a.text)
	}
	return a
}

// want asks contoso/entra and fails unless the answer has a status.
func (w *world) want(t testing.TB, status int, method, path, body string, headers ...string) answer {
	t.Helper()
	a := w.ask(t, "contoso/entra", method, path, body, headers...)
	if a.status != status {
		t.Fatalf("%s %s %s: %d, want %d\n%s", method, path, body, a.status, status, a.text)
	}
	return a
}

func (a answer) id(t testing.TB) string {
	t.Helper()
	id, ok := a.body["id"].(string)
	if !ok {
		t.Fatalf("no id in %s", a.text)
	}
	return id
}

const patchHead = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":`
