package provider

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/demo/internal/shelf"
)

// audience collects the clients of a session, for back-channel logout.
type audience struct {
	mu   sync.Mutex
	list []*Client
}

func (a *audience) add(c *Client) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.list, c) {
		a.list = append(a.list, c)
	}
}

func (a *audience) all() []*Client {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.list)
}

// SignOut ends every session of an account, as an administrator does, and tells the clients. It returns how
// many sessions ended.
func (p *Provider) SignOut(ctx context.Context, username string) int {
	user := p.users[strings.ToLower(username)]
	if user == nil {
		return 0
	}
	return p.endSessions(ctx, func(s session) bool { return s.user == user })
}

// endSessions drops the matching sessions and sends a logout token to each client that asked for it. It waits
// for the answers, at most five seconds; a client that doesn't answer is logged and not asked again, as
// Back-Channel Logout 1.0, section 2.5 leaves it.
func (p *Provider) endSessions(ctx context.Context, match func(session) bool) int {
	var ended []session
	p.sessions.DropWhere(func(s session) bool {
		if !match(s) {
			return false
		}
		ended = append(ended, s)
		return true
	})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // the browser may be gone already
	defer cancel()
	var calls sync.WaitGroup
	for _, s := range ended {
		for _, c := range s.clients.all() {
			if c.BackChannelLogoutURI != "" {
				calls.Go(func() { p.sendLogout(ctx, c, s) })
			}
		}
	}
	calls.Wait()
	return len(ended)
}

func (p *Provider) sendLogout(ctx context.Context, c *Client, s session) {
	now := p.cfg.Clock()
	token, err := p.sign(map[string]any{
		"iss": p.cfg.Issuer, "aud": c.ID, "sub": s.user.Subject, "sid": s.id, "jti": shelf.RandomID(),
		"iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}, "logout+jwt")
	if err == nil {
		err = p.postLogout(ctx, c.BackChannelLogoutURI, token)
	}
	if err != nil {
		p.cfg.Logger.Warn("client not told of a sign-out", "client_id", c.ID, "err", err)
	}
}

func (p *Provider) postLogout(ctx context.Context, uri, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, strings.NewReader(url.Values{"logout_token": {token}}.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.cfg.HTTPClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
