package signin

import (
	"context"
	"slices"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// AppSignIn is a session's sign-in at an app that wants to be told when the session ends. It is written before the
// app gets its code or assertion, so that a process that dies in between leaves nobody uninformed.
type AppSignIn struct {
	Tenant   model.TenantID   `json:"-"`
	Session  model.SessionID  `json:"-"`
	Instance model.InstanceID `json:"-"`
	Protocol string           `json:"protocol"` // "oidc" or "saml"
	Subject  string           `json:"subject"`  // as the app knows the person
	Format   string           `json:"format,omitempty"`
	Index    string           `json:"index,omitempty"`  // SAML SessionIndex
	Bypass   string           `json:"bypass,omitempty"` // under which it went straight to the app
	// Which ways the person went there in this session: only by Through, the app's cookies are the gateway's and end with
	// the session; by Direct, the browser has some of its own.
	Through  bool      `json:"through,omitempty"`
	Direct   bool      `json:"direct,omitempty"`
	Attempts int       `json:"-"`
	Expires  time.Time `json:"-"` // when nobody needs to be told any more
}

// AppSignInStore keeps them. Every method but DueLogouts answers for one tenant.
type AppSignInStore interface {
	// PutAppSignIn writes one; a later sign-in of the session at the same app takes its place, but keeps by which ways the
	// person went there, and the bypass where it names none itself: what began on the one way goes on beside the other.
	PutAppSignIn(ctx context.Context, a AppSignIn) error
	AppSignIns(ctx context.Context, tenant model.TenantID, session model.SessionID) ([]AppSignIn, error)
	// AppSignInsAs lists an app's sign-ins of somebody whom it knows by a name.
	AppSignInsAs(ctx context.Context, tenant model.TenantID, instance model.InstanceID, subject string) ([]AppSignIn, error)
	// DueLogouts lists, over all tenants, sign-ins whose session was revoked and whose app is to be told at now.
	DueLogouts(ctx context.Context, now time.Time, limit int) ([]AppSignIn, error)
	// PostponeLogout says when an app is tried again, and counts the attempt.
	PostponeLogout(ctx context.Context, a AppSignIn, next time.Time) error
	// DeleteAppSignIn forgets one; it is no error if it is gone.
	DeleteAppSignIn(ctx context.Context, tenant model.TenantID, session model.SessionID, instance model.InstanceID) error
}

// The protocols of apps, as their federation settings name them.
const (
	protocolOpenID = "oidc"
	protocolSAML   = "saml"
)

// keepAfter is how long after a session's end its apps are still tried.
const keepAfter = 48 * time.Hour

// Follow keeps what an earlier sign-in of the same session at the same app leaves behind. One that says no way is from a
// version that kept none: the browser may have cookies of its own then.
func (a *AppSignIn) Follow(was AppSignIn) {
	a.Through, a.Direct = a.Through || was.Through, a.Direct || was.Direct || !was.Through
	if a.Bypass == "" {
		a.Bypass = was.Bypass
	}
}

// CutOff reports whether the gateway alone had the app's cookies: they went with the session, and no browser has any.
func (a *AppSignIn) CutOff() bool { return a.Through && !a.Direct }

// went fills in which way a sign-in went that was kept by a version that did not write it down: a session with a gateway
// for the app says that it was there, and that was taken for the only way.
func (b *Broker) went(ctx context.Context, a AppSignIn) (AppSignIn, error) {
	if a.Instance == "" || a.Through || a.Direct {
		return a, nil
	}
	list, err := b.parts.Apps.AppSessions(ctx, a.Tenant, a.Session)
	if err != nil {
		return a, fault.Wrap(err, "signin.went", string(a.Instance))
	}
	a.Through = slices.ContainsFunc(list, func(s session.AppSession) bool { return s.Instance == a.Instance })
	a.Direct = !a.Through
	return a, nil
}

// tellLater writes down that an app wants to hear of the session's end; it does nothing for apps that don't.
func (b *Broker) tellLater(ctx context.Context, s session.Session, inst catalog.Instance, a AppSignIn) error {
	if inst.Federation.BackchannelURI == "" && inst.Federation.SAML.Logout() == "" {
		return nil
	}
	a.Tenant, a.Session, a.Instance, a.Expires = s.Tenant, s.ID, inst.ID, s.Expires.Add(keepAfter)
	return fault.Wrap(b.parts.SignIns.PutAppSignIn(ctx, a), "signin.tellLater", string(inst.ID))
}
