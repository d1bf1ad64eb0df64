package signin

import (
	"net/http"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/bound"
)

// Whether a request shows the key that its session is bound to.

func boundPayload(id model.SessionID, key bound.Key) []byte {
	return []byte(string(id) + " " + key.Thumbprint())
}

// mayUse reports whether a request may use the session that it has the cookie of: nothing else is asked of one that is
// not bound, nor before its browser has shown that it took the binding, nor of requests that it may have sent before.
func (b *Broker) mayUse(r *http.Request, id model.TenantID, s *session.Session) bool {
	switch {
	case s.Bound == nil:
		return true
	case b.showsKey(r, id, s):
		if s.Bound.Shown.IsZero() {
			b.inForce(r, id, s)
		}
		return true
	case s.Bound.Shown.IsZero(), b.parts.Now().Before(s.Bound.Shown.Add(boundGrace)):
		return true
	}
	b.parts.Log.Warn("cookie of a bound session without its key", "tenant", id, "session", s.ID, "remote", r.RemoteAddr, "skipped", clip(r.Header.Get(bound.HeaderSkipped), 200))
	return false
}

// showsKey reports whether a request of a bound session shows that its browser has the key.
func (b *Broker) showsKey(r *http.Request, id model.TenantID, s *session.Session) bool {
	cookie, err := r.Cookie(boundCookie + string(id))
	if err != nil {
		return false
	}
	payload, err := b.parts.Tokens.Verify(id, purposeBound, cookie.Value)
	return err == nil && sameSecret(string(payload), string(boundPayload(s.ID, s.Bound.Key)))
}

// inForce keeps that the browser took the binding: from now on nothing goes without its key.
func (b *Broker) inForce(r *http.Request, id model.TenantID, s *session.Session) {
	now := b.parts.Now()
	_, err := b.parts.Sessions.UpdateSession(r.Context(), id, s.ID, func(have *session.Session) error {
		taken(have, now)
		return nil
	})
	if err != nil {
		// fail open: as in a browser that has no such keys, until the next request shows it
		b.parts.Log.Error("binding of a session not put into force", "tenant", id, "session", s.ID, "err", err)
	}
}

func taken(s *session.Session, now time.Time) {
	if s.Bound != nil && s.Bound.Shown.IsZero() {
		next := *s.Bound
		next.Shown = now
		s.Bound = &next
	}
}
