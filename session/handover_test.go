package session_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

func TestHandOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, key := w.begin(w.s)
	sealed := key.Seal("stash", []byte("body"), nil)
	nonce := session.NewSecret()
	code, err := session.MintCode(t.Context(), w.db, w.vault, &app, key, host, nonce.Hash(), w.clock.Now())
	w.must(err)
	id, got, err := session.RedeemCode(t.Context(), w.db, w.vault, "contoso", host, code, nonce, w.clock.Now())
	if err != nil || id != app.ID {
		t.Fatalf("%q, %v", id, err)
	}
	if plain, err := got.Open("stash", sealed, nil); err != nil || string(plain) != "body" {
		t.Errorf("the key that arrived opens nothing: %v", err)
	}
	if got.LabelToken() != key.LabelToken() || got.LookupSecret() != key.LookupSecret() || len(key.LabelToken()) != 26 {
		t.Error("label token and look-up secret do not follow from the key")
	}
	if _, _, err := session.RedeemCode(t.Context(), w.db, w.vault, "contoso", host, code, nonce, w.clock.Now()); !fault.Is(err, fault.Denied) {
		t.Errorf("replay: %v", err)
	}
	again, err := session.Resume(w.vault, &app, w.broker)
	if err != nil || again.LabelToken() != key.LabelToken() {
		t.Errorf("resumed with the broker's secret: %v", err)
	}
	if _, err := session.Resume(w.vault, &app, session.NewSecret()); !fault.Is(err, fault.Denied) {
		t.Errorf("resumed with another secret: %v", err)
	}
}

func TestRedeemRefusesAndBurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, key := w.begin(w.s)
	nonce := session.NewSecret()
	for name, try := range map[string]struct {
		tenant model.TenantID
		host   string
		nonce  session.Secret
		late   bool
		burns  bool
		want   string
	}{
		"other host":    {"contoso", "api." + host, nonce, false, true, "another host"},
		"other browser": {"contoso", host, session.NewSecret(), false, true, "another browser"},
		"no nonce":      {"contoso", host, "", false, true, "another browser"},
		"late":          {"contoso", host, nonce, true, true, "too late"},
		"other tenant":  {"fabrikam", host, nonce, false, false, "unknown"},
	} {
		code, err := session.MintCode(t.Context(), w.db, w.vault, &app, key, host, nonce.Hash(), w.clock.Now())
		w.must(err)
		at := w.clock.Now()
		if try.late {
			at = at.Add(session.CodeLifetime)
		}
		_, _, err = session.RedeemCode(t.Context(), w.db, w.vault, try.tenant, try.host, code, try.nonce, at)
		if !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), try.want) || strings.Contains(err.Error(), code.Reveal()) {
			t.Errorf("%s: %v; want denied with %q", name, err, try.want)
		}
		_, _, err = session.RedeemCode(t.Context(), w.db, w.vault, "contoso", host, code, nonce, w.clock.Now())
		if try.burns != fault.Is(err, fault.Denied) {
			t.Errorf("%s: afterwards %v; burnt should be %v", name, err, try.burns)
		}
	}
	if _, err := session.MintCode(t.Context(), w.db, w.vault, &app, key, host, "short", w.clock.Now()); !fault.Is(err, fault.Invalid) {
		t.Errorf("a nonce that is none: %v", err)
	}
}

// A stolen store, even with a row moved to where the thief may read it, gives no key; neither does a secret
// without the vault.
func TestKeysNeedSecretAndVault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, key := w.begin(w.s)
	cookie := w.enter(app, key, host)
	row, err := w.db.HostCookie(t.Context(), "contoso", cookie.Hash())
	w.must(err)
	if bytes.Contains(row.WrappedKey, []byte(cookie.Reveal())) || strings.Contains(row.Hash, cookie.Reveal()) {
		t.Error("the store holds the secret")
	}
	other, _ := w.begin(w.s)
	other.BrokerKey = app.BrokerKey // moved to another app session
	if _, err := session.Resume(w.vault, &other, w.broker); !fault.Is(err, fault.Denied) {
		t.Errorf("moved key: %v", err)
	}
	foreign := app
	foreign.Tenant = "fabrikam"
	if _, err := session.Resume(w.vault, &foreign, w.broker); !fault.Is(err, fault.Denied) {
		t.Errorf("moved tenant: %v", err)
	}
	master, err := vault.OpenMaster(t.TempDir())
	w.must(err)
	elsewhere := newWorld(t)
	_, _ = elsewhere.db.PutTenant(t.Context(), tenant.Tenant{ID: "x", Name: "x"})
	if _, err := session.Resume(vault.Open(master, elsewhere.db, w.clock.Now), &app, w.broker); !fault.Is(err, fault.Denied) {
		t.Errorf("another vault: %v", err)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	s := session.NewSecret()
	if got, ok := session.ParseSecret(s.Reveal()); !ok || got != s || len(s) != 43 {
		t.Errorf("%q does not parse", s.Reveal())
	}
	for _, bad := range []string{"", "short", s.Reveal() + "a", s.Reveal()[:42] + "!", s.Reveal()[:42] + "\n"} {
		if _, ok := session.ParseSecret(bad); ok {
			t.Errorf("%q parses", bad)
		}
	}
	if _, ok := session.ParseSecret(s.Hash()); !ok || s.Hash() == s.Reveal() {
		t.Errorf("hash %q", s.Hash())
	}
	cookie := session.BrokerCookie("sid-1", s)
	if id, got, ok := session.ParseBrokerCookie(cookie); !ok || id != "sid-1" || got != s {
		t.Errorf("%q does not parse", cookie)
	}
	for _, bad := range []string{"", ".", "sid-1", "sid-1.", "." + s.Reveal(), "a/b." + s.Reveal(), "sid." + s.Reveal() + ".x", strings.Repeat("a", 65) + "." + s.Reveal()} {
		if _, _, ok := session.ParseBrokerCookie(bad); ok {
			t.Errorf("%q parses", bad)
		}
	}
	sess := session.Session{SecretHash: s.Hash()}
	if !sess.Holds(s) || sess.Holds(session.NewSecret()) || (&session.Session{}).Holds("") {
		t.Error("Holds")
	}
}

func TestNothingSecretShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, key := w.begin(w.s)
	secret := session.NewSecret()
	raw, err := json.Marshal(map[string]any{"secret": secret, "session": w.s, "app": app})
	w.must(err)
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "secret", secret, "key", key, "code", session.Code{Hash: "hash-of-code", WrappedKey: []byte("wrapped")},
		"cookie", session.HostCookie{Hash: "hash-of-cookie"}, "row", session.JarRow{Sealed: []byte("sealed-bytes")}, "jar", w.jars.Jar("contoso", app.ID, key))
	text := string(raw) + b.String() + fmt.Sprintf("%v %+v %#v %s %v %#v", secret, secret, secret, secret, key, key)
	for _, s := range []string{secret.Reveal(), key.LabelToken(), key.LookupSecret().Reveal(), "hash-of-code", "hash-of-cookie", "sealed-bytes", w.s.SecretHash, app.Lookup} {
		if strings.Contains(text, s) {
			t.Errorf("%q shows in logs or JSON", s)
		}
	}
}
