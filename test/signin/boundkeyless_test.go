package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/bound"
)

// TestBoundLostKeySignsOut: a browser that has lost its key is not told "signed out" while the session lives; it may end
// the session, and learns nothing of it.
func TestBoundLostKeySignsOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: withBound})
	k := r.bindNew()
	id := r.lastSession()
	r.clock.Advance(6 * time.Minute)
	p := k.open(r.at("contoso", "/signout"))
	p.has(t, 200, "End this session?", "End the session", `method="post"`)
	p.lacks(t, "signed out", "director", "Director", "security-info")
	if s := r.session(id); !s.Live(r.now()) {
		t.Fatal("a GET ends it")
	}
	k.send("POST", r.at("contoso", "/signout"), url.Values{}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").has(t, 403)
	if s := r.session(id); !s.Live(r.now()) {
		t.Fatal("another site ends it")
	}
	k.follow(k.send("POST", r.at("contoso", "/signout"), url.Values{}, "Sec-Fetch-Site", "same-origin"), 3).has(t, 200, "You are signed out")
	if s := r.session(id); s.Live(r.now()) {
		t.Error("it is told to be signed out, and the session lives")
	}
	if rec := r.rec.of(model.ActivityLogout); len(rec) != 1 || rec[0].Session != id {
		t.Errorf("recorded %+v", rec)
	}
	k.open(r.at("contoso", "/signout")).has(t, 200, "You are signed out")
}

// TestBoundRenewsInAFlood: whatever is tried from a bound browser's address, and at its tenant, it renews; and nobody
// renews without end.
func TestBoundRenewsInAFlood(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: withBound})
	k := r.bindNew()
	flood := r.browser(nil)
	for name, value := range map[string]string{"a made-up name": "made.up", "no name": "", "a changed name": "x" + k.id[1:]} {
		for i := 0; ; i++ {
			p := flood.bindAt("/contoso/bind/refresh", bound.HeaderID, value)
			if p.status == http.StatusTooManyRequests {
				break
			}
			if p.status != 200 || !strings.Contains(p.text, `"continue":false`) || i > 3000 {
				t.Fatalf("%s is not charged to the address: %d %s", name, p.status, p.text)
			}
		}
	}
	if p := k.refreshWith(signedChallenge(t, k.key, k.challenged(), false)); p.status != 200 {
		t.Errorf("the bound browser can't renew: %d", p.status)
	}
	other := newBrowserKey(t)
	challenge := k.challenged()
	for i := 0; ; i++ {
		p := k.refreshWith(signedChallenge(t, other, challenge, true))
		if p.status == http.StatusServiceUnavailable {
			break
		}
		if p.status != http.StatusBadRequest || i > 60 {
			t.Fatalf("wrong signature %d: %d", i, p.status)
		}
	}
	r.clock.Advance(3 * time.Minute)
	if p := k.refreshWith(signedChallenge(t, k.key, k.challenged(), false)); p.status != 200 || strings.Contains(p.text, `"continue":false`) {
		t.Errorf("and after a while: %d %s", p.status, p.text)
	}
}
