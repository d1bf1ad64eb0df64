package signin

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Telling apps that a session has ended (OpenID Connect Back-Channel Logout 1.0). SAML apps can be told by the person's
// browser alone; where that was not there, the record says that they were not. Nothing is queued: what is to be
// told follows from the store, sign-ins at apps whose session is revoked. Whoever revoked it, on whatever machine,
// and whoever dies on the way, the next round finds what is left.
const (
	logoutEvent   = "http://schemas.openid.net/event/backchannel-logout"
	logoutLife    = 2 * time.Minute // of a logout token; the specification recommends this bound (section 2.4)
	logoutTimeout = 10 * time.Second
	logoutBatch   = 200
	logoutsAtOnce = 8
	browserRound  = 2 * time.Minute // how long a person's browser may take to go round the SAML apps
)

// logoutWaits are the pauses after failed attempts; after the last one an app is given up.
var logoutWaits = []time.Duration{
	2 * time.Second, 10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// LogOut tells the apps that are due, once, and returns how many were told. The caller holds the lease of this work.
func (b *Broker) LogOut(ctx context.Context) (int, error) {
	due, err := b.parts.SignIns.DueLogouts(ctx, b.parts.Now(), logoutBatch)
	if err != nil {
		return 0, fault.Wrap(err, "signin.LogOut", "")
	}
	var g errgroup.Group
	g.SetLimit(logoutsAtOnce)
	told := make([]bool, len(due))
	for i, a := range due {
		g.Go(func() error {
			told[i] = b.logOutApp(ctx, a)
			return nil
		})
	}
	_ = g.Wait() // the functions return nothing
	n := 0
	for _, ok := range told {
		if ok {
			n++
		}
	}
	return n, nil
}

// logOutApp tells one app; a failure is tried again later, and recorded when it was the last one.
func (b *Broker) logOutApp(ctx context.Context, a AppSignIn) bool {
	inst, ok := b.parts.Catalog.Instance(a.Tenant, a.Instance)
	if known, err := b.went(ctx, a); err != nil {
		b.parts.Log.Error("which way a sign-in went is not known", "tenant", a.Tenant, "err", err) // it is not said to be cut off
	} else {
		a = known
	}
	switch {
	case !ok || inst.Federation.Protocol != a.Protocol || a.Protocol == protocolOpenID && inst.Federation.BackchannelURI == "":
		return b.forget(ctx, a) // the app is gone, was connected anew, or wants to know nothing any more
	case a.Protocol == protocolSAML && a.Attempts == 0:
		// Single logout goes by the person's browser, which may be on its way round: whoever tells the app forgets this.
		if err := b.parts.SignIns.PostponeLogout(ctx, a, b.parts.Now().Add(browserRound)); err != nil {
			b.parts.Log.Error("logout not postponed", "tenant", a.Tenant, "err", err)
		}
		return false
	case a.Protocol == protocolSAML && a.CutOff():
		b.recordCutOff(ctx, inst, a)
		b.forget(ctx, a)
		return false
	case a.Protocol != protocolOpenID:
		b.recordLogout(ctx, inst, a, fault.New(fault.Unavailable, "signin.backchannel", "single logout goes by the person's browser, which was not there; the app's own session goes on until it ends by itself"))
		b.forget(ctx, a)
		return false
	}
	err := b.tell(ctx, inst, a)
	if err == nil {
		b.recordLogout(ctx, inst, a, nil)
		return b.forget(ctx, a)
	}
	if ctx.Err() != nil {
		return false
	}
	b.parts.Log.Info("app not told of a session's end", "tenant", a.Tenant, "app", a.Instance, "attempt", a.Attempts+1, "err", err)
	if a.Attempts >= len(logoutWaits) {
		b.recordLogout(ctx, inst, a, err)
		b.forget(ctx, a)
		return false
	}
	if err := b.parts.SignIns.PostponeLogout(ctx, a, b.parts.Now().Add(logoutWaits[a.Attempts])); err != nil {
		b.parts.Log.Error("logout not postponed", "tenant", a.Tenant, "err", err)
	}
	return false
}

func (b *Broker) forget(ctx context.Context, a AppSignIn) bool {
	if err := b.parts.SignIns.DeleteAppSignIn(ctx, a.Tenant, a.Session, a.Instance); err != nil {
		b.parts.Log.Error("app sign-in not deleted", "tenant", a.Tenant, "err", err) // told twice, at worst
		return false
	}
	return true
}

// tell sends one logout token.
func (b *Broker) tell(ctx context.Context, inst catalog.Instance, a AppSignIn) error {
	token, err := b.logoutToken(ctx, inst, a)
	if err != nil {
		return err
	}
	return b.post(ctx, inst, inst.Federation.BackchannelURI, url.Values{"logout_token": {token}}.Encode(), "application/x-www-form-urlencoded")
}

// post sends something to an app's own address, at its own host, through the transport that its settings ask for.
// Redirects are not followed: the token would travel to whoever they name.
func (b *Broker) post(ctx context.Context, inst catalog.Instance, to, body, kind string) error {
	const op = "signin.backchannel"
	client, err := b.parts.AppHTTP(inst)
	if err != nil {
		return fault.Wrap(err, op, string(inst.ID))
	}
	ctx, cancel := context.WithTimeout(ctx, logoutTimeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		return fault.As(err, fault.Invalid, op, to)
	}
	q.Header.Set("Content-Type", kind)
	res, err := noRedirects(client).Do(q)
	if err != nil {
		return fault.As(err, fault.Unavailable, op, to)
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10) // so that the connection can be used again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fault.New(fault.Unavailable, op, "the app answered %s", res.Status)
	}
	return nil
}

// logoutToken makes a logout token (section 2.4): it names subject and session, and has no nonce, so that it is never
// taken for an ID token.
func (b *Broker) logoutToken(ctx context.Context, inst catalog.Instance, a AppSignIn) (string, error) {
	const op = "signin.logoutToken"
	key, err := b.signer(ctx, a.Tenant, KeyOpenID)
	if err != nil {
		return "", err
	}
	opts := (&jose.SignerOptions{}).WithType("logout+jwt")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key.private, KeyID: key.ID}}, opts)
	if err != nil {
		return "", fault.Wrap(err, op, string(inst.ID))
	}
	now := b.parts.Now()
	token, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": b.url(a.Tenant, ""), "aud": inst.Federation.ClientID, "sub": a.Subject, "sid": string(a.Session), "jti": uuid.NewString(),
		"iat": now.Unix(), "exp": now.Add(logoutLife).Unix(), "events": map[string]any{logoutEvent: map[string]any{}},
	}).Serialize()
	return token, fault.Wrap(err, op, string(inst.ID))
}

// recordLogout writes down that an app was told, or that it could not be.
func (b *Broker) recordLogout(ctx context.Context, inst catalog.Instance, a AppSignIn, failed error) {
	e := &model.Activity{ActionType: "AppSessionEnded", Outcome: model.OutcomeComplete, Reason: "the app was told that the session has ended"}
	if failed != nil {
		e.ActionType, e.Outcome, e.Reason = "AppSessionEndFailed", model.OutcomeFailed, "the app could not be told that the session has ended: "+failed.Error()
	}
	b.recordEnd(ctx, inst, a, e)
}

// recordCutOff writes down that nobody can go on in an app, though it was not told: its cookies were the gateway's, which
// went with the session, and no browser has them.
func (b *Broker) recordCutOff(ctx context.Context, inst catalog.Instance, a AppSignIn) {
	b.recordEnd(ctx, inst, a, &model.Activity{
		ActionType: "AppSessionCutOff", Outcome: model.OutcomeComplete,
		Reason: "the app was reached through the gateway alone, whose session with it has ended; the app itself was not told",
	})
}

func (b *Broker) recordEnd(ctx context.Context, inst catalog.Instance, a AppSignIn, e *model.Activity) {
	e.Tenant, e.Time, e.Source, e.Type, e.App, e.Session = a.Tenant, b.parts.Now(), model.SourceAccess, model.ActivityLogout, inst.Ref(), a.Session
	if s, err := b.parts.Sessions.Session(ctx, a.Tenant, a.Session); err == nil {
		e.User = s.User
	}
	if err := b.parts.Recorder.Event(ctx, e); err != nil {
		b.parts.Log.Error("logout at an app not recorded", "tenant", a.Tenant, "err", err)
	}
}
