package signin_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// code signs a browser in and returns a code for the files app.
func (r *rig) code(b *browser, change url.Values) string {
	r.t.Helper()
	c := mustURL(b.until(r.request(change), "/callback?")).Query().Get("code")
	if c == "" {
		r.t.Fatal("no code")
	}
	return c
}

func (r *rig) redeem(change url.Values, header ...string) (int, map[string]any) {
	r.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {"files"}, "client_secret": {clientSecret}, "code_verifier": {verifier}, "redirect_uri": {r.direct(appHost) + "/callback"}}
	tenant := model.TenantID("contoso")
	for k, v := range change {
		if k == "tenant" {
			tenant = model.TenantID(v[0])
			continue
		}
		form[k] = v
		if len(v) == 1 && v[0] == "" {
			delete(form, k)
		}
	}
	res, text := r.ask("POST", r.at(tenant, "/oauth/v2/token"), form, header...)
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		r.t.Fatalf("%d %s", res.StatusCode, text)
	}
	return res.StatusCode, doc
}

func TestCodes(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	for name, c := range map[string]struct {
		change url.Values
		want   string
	}{
		"wrong verifier":    {url.Values{"code_verifier": {"another-verifier-that-is-long-enough-0123456789"}}, "invalid_grant"},
		"no verifier":       {url.Values{"code_verifier": {""}}, "invalid_request"},
		"another address":   {url.Values{"redirect_uri": {r.direct(appHost) + "/other"}}, "invalid_grant"},
		"another client":    {url.Values{"client_id": {"notes"}}, "invalid_grant"},
		"unknown client":    {url.Values{"client_id": {"nobody"}}, "invalid_client"},
		"wrong secret":      {url.Values{"client_secret": {"guess"}}, "invalid_client"},
		"no secret":         {url.Values{"client_secret": {""}}, "invalid_client"},
		"another tenant":    {url.Values{"tenant": {"fabrikam"}}, "invalid_grant"},
		"jwt bearer":        {url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {"x.y.z"}}, "unsupported_grant_type"},
		"refresh":           {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, "unauthorized_client"},
		"client credential": {url.Values{"grant_type": {"client_credentials"}}, "unsupported_grant_type"},
		"token exchange":    {url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}}, "unsupported_grant_type"},
		"no grant":          {url.Values{"grant_type": {""}}, "invalid_request"},
		"no code":           {url.Values{"code": {""}}, "invalid_request"},
		"invented code":     {url.Values{"code": {"x"}}, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			change := url.Values{"code": {r.code(b, nil)}}
			for k, v := range c.change {
				change[k] = v
			}
			status, doc := r.redeem(change)
			if status < 400 || status >= 500 || doc["error"] != c.want || doc["access_token"] != nil {
				t.Errorf("%d %v, want %s", status, doc, c.want)
			}
			if text, _ := json.Marshal(doc); strings.Contains(string(text), "sqlite") || strings.Contains(string(text), "signin.") {
				t.Errorf("the answer tells causes: %s", text)
			}
		})
	}
	t.Run("twice", func(t *testing.T) {
		code := r.code(b, nil)
		if status, doc := r.redeem(url.Values{"code": {code}}); status != 200 || doc["refresh_token"] != nil || doc["expires_in"].(float64) < 3500 || doc["expires_in"].(float64) > 3600 {
			t.Fatalf("%d %v", status, doc)
		}
		if status, doc := r.redeem(url.Values{"code": {code}}); status != 400 || doc["error"] != "invalid_grant" {
			t.Errorf("%d %v", status, doc)
		}
	})
	t.Run("late", func(t *testing.T) {
		code := r.code(b, nil)
		r.clock.Advance(2 * time.Minute)
		if status, doc := r.redeem(url.Values{"code": {code}}); status != 400 || doc["error"] != "invalid_grant" {
			t.Errorf("%d %v", status, doc)
		}
	})
	t.Run("verifier without challenge", func(t *testing.T) {
		code := r.code(b, url.Values{"code_challenge": {""}, "code_challenge_method": {""}})
		if status, doc := r.redeem(url.Values{"code": {code}}); status != 400 || doc["error"] != "invalid_request" {
			t.Errorf("%d %v", status, doc)
		}
	})
	t.Run("by GET", func(t *testing.T) {
		q := url.Values{"grant_type": {"authorization_code"}, "client_id": {"files"}, "client_secret": {clientSecret}, "code_verifier": {verifier}, "redirect_uri": {r.direct(appHost) + "/callback"}, "code": {r.code(b, nil)}}
		if res, text := r.ask("GET", r.at("contoso", "/oauth/v2/token?")+q.Encode(), nil); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%d %s", res.StatusCode, text)
		}
	})
	t.Run("secret in the header", func(t *testing.T) {
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("files:"+clientSecret))
		if status, doc := r.redeem(url.Values{"code": {r.code(b, nil)}, "client_id": {""}, "client_secret": {""}}, "Authorization", basic); status != 200 {
			t.Errorf("%d %v", status, doc)
		}
	})
}

// TestTokensEnd: what an app holds is worth nothing once the session is revoked.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	code, waiting := r.code(b, nil), r.code(b, nil)
	status, doc := r.redeem(url.Values{"code": {code}})
	if status != 200 {
		t.Fatalf("%d %v", status, doc)
	}
	token := doc["access_token"].(string)
	info := func(tenant model.TenantID, header string) (int, string, string) {
		res, text := r.ask("GET", r.at(tenant, "/oauth/v2/userinfo"), nil, "Authorization", header)
		return res.StatusCode, res.Header.Get("WWW-Authenticate"), text
	}
	if status, _, text := info("contoso", "Bearer "+token); status != 200 || !strings.Contains(text, `"sub":"main:director"`) || !strings.Contains(text, "director@contoso.example") || strings.Contains(text, "groups") {
		t.Errorf("%d %s", status, text)
	}
	for _, bad := range []string{"", "Bearer", "Bearer x", "Basic " + token, "Bearer " + token + "x", "Bearer " + doc["id_token"].(string)} {
		if status, challenge, text := info("contoso", bad); status != 401 || !strings.HasPrefix(challenge, "Bearer") || strings.Contains(text, "signin.") {
			t.Errorf("%q: %d %q %s", bad, status, challenge, text)
		}
	}
	if status, _, text := info("fabrikam", "Bearer "+token); status != 401 {
		t.Errorf("at another tenant: %d %s", status, text)
	}
	if res, text := r.ask("GET", r.at("contoso", "/oauth/v2/userinfo?access_token="+url.QueryEscape(token)), nil); res.StatusCode != 401 {
		t.Errorf("token in the address: %d %s", res.StatusCode, text)
	}
	sid := r.rec.of(model.ActivityLogin)[0].Session
	if _, err := r.db.Revoke(t.Context(), session.Revocation{Tenant: "contoso", Session: sid, At: r.now()}); err != nil {
		t.Fatal(err)
	}
	if status, challenge, text := info("contoso", "Bearer "+token); status != 401 || !strings.Contains(challenge, "invalid_token") {
		t.Errorf("after revocation: %d %q %s", status, challenge, text)
	}
	if status, doc := r.redeem(url.Values{"code": {waiting}}); status != 400 || doc["error"] != "invalid_grant" {
		t.Errorf("code after revocation: %d %v", status, doc)
	}
}

// TestTokenRevocation is RFC 7009.
func TestTokenRevocation(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	_, doc := r.redeem(url.Values{"code": {r.code(r.browser(nil), nil)}})
	token := doc["access_token"].(string)
	revoke := func(client, secret string) int {
		res, _ := r.ask("POST", r.at("contoso", "/oauth/v2/revoke"), url.Values{"token": {token}, "client_id": {client}, "client_secret": {secret}})
		return res.StatusCode
	}
	if got := revoke("notes", clientSecret); got != 401 {
		t.Errorf("another client revokes: %d", got)
	}
	if got := revoke("files", "guess"); got != 401 {
		t.Errorf("wrong secret revokes: %d", got)
	}
	if res, _ := r.ask("GET", r.at("contoso", "/oauth/v2/userinfo"), nil, "Authorization", "Bearer "+token); res.StatusCode != 200 {
		t.Errorf("the token is gone: %d", res.StatusCode)
	}
	if got := revoke("files", clientSecret); got != 200 {
		t.Errorf("own client: %d", got)
	}
	if res, _ := r.ask("GET", r.at("contoso", "/oauth/v2/userinfo"), nil, "Authorization", "Bearer "+token); res.StatusCode != 401 {
		t.Errorf("the token lives: %d", res.StatusCode)
	}
}
