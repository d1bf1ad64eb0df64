package session_test

import (
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/referee-casb/referee/internal/clock"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const host = "files-app-example.contoso.gate.example"

// world is a store with two tenants, and a signed-in person.
type world struct {
	t      testing.TB
	db     *sqlite.DB
	vault  *vault.Vault
	clock  *clock.Clock
	jars   *session.Jars
	s      session.Session
	broker session.Secret
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: clock.Standing(start), broker: session.NewSecret()}
	dir := t.TempDir()
	var err error
	if w.db, err = sqlite.Open(t.Context(), filepath.Join(dir, "x.sqlite"), sqlite.Options{Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	master, err := vault.OpenMaster(dir)
	w.must(err)
	w.vault = vault.Open(master, w.db, w.clock.Now)
	for _, id := range []model.TenantID{"contoso", "fabrikam"} {
		_, err := w.db.PutTenant(t.Context(), tenant.Tenant{ID: id, Name: string(id)})
		w.must(err)
	}
	w.jars = session.NewJars(session.JarsOptions{Store: w.db, Now: w.clock.Now, Log: quiet()})
	w.s = w.signIn("dora", w.broker)
	return w
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) signIn(user model.UserID, broker session.Secret) session.Session {
	w.t.Helper()
	s := session.Session{
		ID: model.SessionID(session.NewID()), Tenant: "contoso", User: model.User{ID: user}, Created: w.clock.Now(), LastSeen: w.clock.Now(),
		Expires: w.clock.Now().Add(8 * time.Hour), Idle: time.Hour, SecretHash: broker.Hash(),
	}
	w.must(w.db.PutSession(w.t.Context(), s))
	return s
}

// begin makes and stores an app session of a sign-in.
func (w *world) begin(s session.Session) (session.AppSession, *session.DataKey) {
	w.t.Helper()
	app, key, err := session.Begin(w.vault, &s, w.broker, "files", session.ControlCustom, nil, w.clock.Now())
	w.must(err)
	w.must(w.db.PutAppSession(w.t.Context(), app))
	return app, key
}

// enter makes a host cookie the way a browser gets it: by a code and a nonce.
func (w *world) enter(app session.AppSession, key *session.DataKey, host string) session.Secret {
	w.t.Helper()
	nonce := session.NewSecret()
	code, err := session.MintCode(w.t.Context(), w.db, w.vault, &app, key, host, nonce.Hash(), w.clock.Now())
	w.must(err)
	id, got, err := session.RedeemCode(w.t.Context(), w.db, w.vault, "contoso", host, code, nonce, w.clock.Now())
	w.must(err)
	cookie, err := session.MintHostCookie(w.t.Context(), w.db, w.vault, "contoso", id, host, got, w.clock.Now())
	w.must(err)
	return cookie
}

func address(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
