package signin_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

func withBackchannel(in *catalog.Instance) {
	if in.ID == "files" {
		in.Federation.BackchannelURI = "https://" + in.Hosts[0].Name + "/backchannel"
	}
}

func (r *rig) logOut(t *testing.T, want int) {
	t.Helper()
	if n, err := r.broker.LogOut(t.Context()); err != nil || n != want {
		t.Fatalf("%d apps told, want %d: %v", n, want, err)
	}
}

// TestBackchannelLogout ends a session from elsewhere; the app hears of it once, in a token that it can verify.
func TestBackchannelLogout(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{instance: withBackchannel})
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
	r.logOut(t, 0) // the session lives
	logins := r.rec.of(model.ActivityLogin)
	revoke := revoker{r, session.NewRevocations(r.db, r.cache.Apply)}
	if err := revoke.local.Track(t.Context(), "contoso"); err != nil {
		t.Fatal(err)
	}
	if err := revoke.Revoke(t.Context(), session.Revocation{Tenant: "contoso", User: "main:director", At: r.now(), Reason: "by an administrator"}); err != nil {
		t.Fatal(err)
	}
	r.app.set(func() { r.app.deaf = true })
	r.logOut(t, 0)
	r.logOut(t, 0) // not due again yet
	r.app.set(func() { r.app.deaf = false })
	r.clock.Advance(3 * time.Second)
	r.logOut(t, 1)
	r.logOut(t, 0)
	var sent []string
	r.app.set(func() { sent = r.app.logouts })
	if len(sent) != 1 {
		t.Fatalf("%d tokens came", len(sent))
	}
	provider, _, ctx, err := r.app.config()
	if err != nil {
		t.Fatal(err)
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: "files", Now: r.now}).Verify(ctx, sent[0])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if string(claims["events"]) != `{"http://schemas.openid.net/event/backchannel-logout":{}}` || claims["nonce"] != nil || claims["jti"] == nil || token.Subject != "main:director" ||
		string(claims["sid"]) != `"`+string(logins[0].Session)+`"` {
		t.Errorf("claims %s", claims)
	}
	ended := r.rec.of(model.ActivityLogout)
	if len(ended) != 1 || ended[0].ActionType != "AppSessionEnded" || ended[0].App.Instance != "files" {
		t.Errorf("recorded %+v", ended)
	}
}

// TestBackchannelGivenUp: an app that never answers is tried for a day, then recorded.
func TestBackchannelGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{instance: withBackchannel})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
	r.app.set(func() { r.app.deaf = true })
	b.open(r.direct(appHost) + "/out")
	for range 12 {
		r.logOut(t, 0)
		r.clock.Advance(13 * time.Hour)
	}
	var failed []model.Activity
	for _, a := range r.rec.of(model.ActivityLogout) {
		if a.ActionType == "AppSessionEndFailed" {
			failed = append(failed, a)
		}
	}
	if len(failed) != 1 || failed[0].Outcome != model.OutcomeFailed {
		t.Errorf("recorded %+v", failed)
	}
}
