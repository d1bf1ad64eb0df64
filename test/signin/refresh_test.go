package signin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
	Error   string `json:"error"`
}

// refresh uses a refresh token as an app's server does.
func (r *rig) refresh(token, client string) (int, tokens) {
	r.t.Helper()
	res, text := r.ask(http.MethodPost, r.at("contoso", "/oauth/v2/token"), url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {client}, "client_secret": {clientSecret},
	})
	var out tokens
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		r.t.Fatalf("%s: %v", text, err)
	}
	return res.StatusCode, out
}

func allowRefresh(in *catalog.Instance) { in.Federation.Refresh = true }

// refreshing signs in at an app that has refresh tokens.
func refreshing(t *testing.T, policies string) (*rig, *browser, string) {
	t.Helper()
	r := newRig(t, setting{policies: policies, instance: allowRefresh})
	r.app.set(func() { r.app.scopes = []string{"offline_access"} })
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
	var token string
	r.app.set(func() { token = r.app.token.RefreshToken })
	if token == "" {
		t.Fatal("no refresh token came")
	}
	return r, b, token
}

func (r *rig) userinfo(access string) int {
	res, _ := r.ask(http.MethodGet, r.at("contoso", "/oauth/v2/userinfo"), nil, "Authorization", "Bearer "+access)
	return res.StatusCode
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	r, _, first := refreshing(t, "")
	status, second := r.refresh(first, "files")
	if status != 200 || second.Refresh == "" || second.Refresh == first || second.ID == "" || r.userinfo(second.Access) != 200 {
		t.Fatalf("%d %+v", status, second)
	}
	status, third := r.refresh(second.Refresh, "files")
	if status != 200 || r.userinfo(third.Access) != 200 {
		t.Fatalf("%d %+v", status, third)
	}
	// The first token again: somebody has a copy. Nothing of the family lives on.
	if status, got := r.refresh(first, "files"); status != 400 || got.Error != "invalid_grant" {
		t.Errorf("used token: %d %+v", status, got)
	}
	if status, got := r.refresh(third.Refresh, "files"); status != 400 || got.Error != "invalid_grant" {
		t.Errorf("the family lives: %d %+v", status, got)
	}
	if got := r.userinfo(third.Access); got != 401 {
		t.Errorf("the family's access token: %d", got)
	}
	failed := r.rec.of(model.ActivityFailedLogin)
	if len(failed) != 1 || failed[0].ActionType != "RefreshTokenReused" || failed[0].User.ID != "main:director" || failed[0].App.Instance != "files" {
		t.Errorf("recorded %+v", failed)
	}
}

// TestRefreshRace uses one token many times at once: one wins at most, and then the family is over.
func TestRefreshRace(t *testing.T) {
	t.Parallel()
	r, _, first := refreshing(t, "")
	var mu sync.Mutex
	won := 0
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			if status, _ := r.refresh(first, "files"); status == 200 {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if won > 1 {
		t.Errorf("%d of 12 won", won)
	}
}

func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]func(r *rig, b *browser, token string) (string, string){
		"another client": func(_ *rig, _ *browser, token string) (string, string) { return token, "notes" },
		"unknown":        func(*rig, *browser, string) (string, string) { return strings.Repeat("x", 43), "files" },
		"session over": func(r *rig, b *browser, token string) (string, string) {
			b.open(r.direct(appHost) + "/out")
			return token, "files"
		},
		"session expired": func(r *rig, _ *browser, token string) (string, string) {
			r.clock.Advance(13 * time.Hour)
			return token, "files"
		},
		"blocked since": func(r *rig, _ *browser, token string) (string, string) {
			r.policies("contoso", block)
			return token, "files"
		},
		"given back": func(r *rig, _ *browser, token string) (string, string) {
			res, text := r.ask(http.MethodPost, r.at("contoso", "/oauth/v2/revoke"), url.Values{"token": {token}, "client_id": {"files"}, "client_secret": {clientSecret}})
			if res.StatusCode != 200 {
				r.t.Fatalf("revoke: %d %s", res.StatusCode, text)
			}
			return token, "files"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, b, token := refreshing(t, "")
			token, client := c(r, b, token)
			if status, got := r.refresh(token, client); status != 400 || got.Error != "invalid_grant" || got.Access != "" {
				t.Errorf("%d %+v", status, got)
			}
		})
	}
}

// TestNoRefresh: an app that is not set for refresh tokens gets none, whatever it asks for.
func TestNoRefresh(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	r.app.set(func() { r.app.scopes = []string{"offline_access"} })
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
	r.app.set(func() {
		if r.app.token.RefreshToken != "" {
			t.Error("a refresh token came")
		}
	})
}
