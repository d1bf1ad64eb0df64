package signin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/session"
)

// Event types that are understood; others are acknowledged and do nothing.
const (
	eventSessionRevoked   = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"   // OpenID CAEP 1.0
	eventCredentialChange = "https://schemas.openid.net/secevent/caep/event-type/credential-change" // OpenID CAEP 1.0
)

// signalAge bounds a security event's age: a transmitter may have tried for hours. Sessions are rarely longer.
const signalAge = 24 * time.Hour

// Error codes of push delivery (RFC 8935 section 2.4).
const (
	setInvalid  = "invalid_request"
	setKey      = "invalid_key"
	setIssuer   = "invalid_issuer"
	setAudience = "invalid_audience"
	setUnproven = "authentication_failed"
)

// refusedSet says why a security event token is refused, with the code for its transmitter.
type refusedSet struct {
	code string
	error
}

func (r *refusedSet) Unwrap() error { return r.error }

func refuseSet(code, format string, args ...any) error {
	return &refusedSet{code, fault.New(fault.Denied, "signin.signals", format, args...)}
}

// signal is what a verified security event token says (RFC 8417).
type signal struct {
	id, event string
	change    string // change_type of a credential change
	issued    time.Time
	subject   signalSubject
}

// ends reports whether the event asks for sessions to end.
func (s signal) ends() bool {
	return s.event == eventSessionRevoked || s.event == eventCredentialChange && (s.change == "revoke" || s.change == "delete")
}

// signalSubject names people and sessions in the formats of RFC 9493; all that is set must agree.
type signalSubject struct {
	sub, email string // of the person
	any        string // opaque: the person or the session
	sid        string // opaque, said to be a session
}

// hears reports whether a session is one that the event is about. A person alone means the sign-ins up to the
// event's time: one that came late does not end a sign-in made since.
func (s signal) hears(have session.Session) bool {
	w := s.subject
	switch {
	case w.sub != "" && have.Auth.Subject != w.sub, w.any != "" && have.Auth.Subject != w.any && have.Auth.Session != w.any:
		return false
	case w.email != "" && !strings.EqualFold(have.User.Email, w.email) && !strings.EqualFold(have.User.Username, w.email):
		// The sign-in name too: a provider may have sent no e-mail address, or one that it does not vouch for.
		return false
	case w.sid != "" && have.Auth.Session != "":
		return have.Auth.Session == w.sid
	case w.sid != "" && w.sub == "" && w.email == "" && w.any == "":
		return false // a sign-in whose session has no name goes by its person, and nobody is named
	case w.any != "" && have.Auth.Session == w.any:
		return true
	}
	return !have.Auth.Time.After(s.issued.Add(clockSkew))
}

// names finds every session that hears. What must all agree is looked for by one of them.
func (w signalSubject) names() session.Names {
	switch {
	case w.sub != "":
		return session.Names{Subject: w.sub}
	case w.any != "":
		return session.Names{Subject: w.any, Session: w.any}
	case w.email != "":
		return session.Names{Address: w.email}
	}
	return session.Names{Session: w.sid}
}

func (w signalSubject) String() string {
	var out []string
	for _, x := range [][2]string{{"subject", w.sub}, {"e-mail", w.email}, {"id", w.any}, {"session", w.sid}} {
		if x[1] != "" {
			out = append(out, x[0]+" "+strconv.Quote(x[1]))
		}
	}
	return strings.Join(out, ", ")
}

// readSet checks a security event token's type and claims (RFC 8417 section 2, OpenID Shared Signals Framework 1.0
// section 4). The signature has been checked. issuers are those whose names for people are the provider's.
func readSet(typ string, claims map[string]any, issuer, audience string, issuers []string, now time.Time) (s signal, err error) {
	if typ != "secevent+jwt" {
		return s, refuseSet(setInvalid, "it is a token of type %.50q, not secevent+jwt", typ)
	}
	if iss, _ := claims["iss"].(string); iss != issuer {
		return s, refuseSet(setIssuer, "its issuer is %.200q, expected %q", iss, issuer)
	}
	aud, err := audiences(claims)
	if err != nil {
		return s, &refusedSet{setAudience, err}
	}
	if !slices.Contains(aud, audience) {
		return s, refuseSet(setAudience, "it is made out to %.200q, not to %q", aud, audience)
	}
	for _, name := range []string{"sub", "exp", "nonce"} { // so that it is never taken for another token, nor another for it
		if _, there := claims[name]; there {
			return s, refuseSet(setInvalid, "a security event has no claim %s", name)
		}
	}
	if s.issued, err = issuedAt(claims, now, signalAge); err != nil {
		return signal{}, &refusedSet{setInvalid, err}
	}
	if s.id, err = textClaim(claims, "jti", 512); err != nil {
		return signal{}, &refusedSet{setInvalid, err}
	}
	if s.id == "" {
		return signal{}, refuseSet(setInvalid, "it has no id (jti)")
	}
	events, _ := claims["events"].(map[string]any)
	if len(events) != 1 {
		return signal{}, refuseSet(setInvalid, "it holds %d events, not one", len(events))
	}
	var event map[string]any
	for name, v := range events {
		var ok bool
		if event, ok = v.(map[string]any); !ok || name == "" || len(name) > 512 {
			return signal{}, refuseSet(setInvalid, "event %.100q is no object", name)
		}
		s.event = name
	}
	s.change, _ = event["change_type"].(string)
	if !s.ends() {
		return s, nil
	}
	subject := claims["sub_id"]
	if subject == nil {
		subject = event["subject"] // of drafts before 1.0
	}
	if s.subject, err = readSubject(subject, issuers); err != nil {
		return signal{}, err
	}
	return s, nil
}

// readSubject reads a subject: one of the formats, or a complex one whose user and session it takes. Further members,
// such as a device, would narrow it down: without them, more sessions end than need to.
func readSubject(v any, issuers []string) (w signalSubject, err error) {
	m, ok := v.(map[string]any)
	if !ok {
		return w, refuseSet(setInvalid, "it names no subject (sub_id)")
	}
	if m["format"] != "complex" {
		return w, w.add(m, issuers, false)
	}
	for _, name := range []string{"user", "session"} {
		part, there := m[name]
		if !there {
			continue
		}
		if err := w.add(part, issuers, name == "session"); err != nil {
			return signalSubject{}, err
		}
	}
	if w == (signalSubject{}) {
		return w, refuseSet(setInvalid, "its complex subject names neither user nor session")
	}
	return w, nil
}

// add reads a simple subject into w.
func (w *signalSubject) add(v any, issuers []string, session bool) error {
	m, ok := v.(map[string]any)
	if !ok {
		return refuseSet(setInvalid, "a part of its subject is no object")
	}
	take := func(name string, into *string) error {
		s, err := textClaim(m, name, 512)
		if err != nil || s == "" || *into != "" && *into != s {
			return refuseSet(setInvalid, "its subject has no usable %s", name)
		}
		*into = s
		return nil
	}
	switch format, _ := m["format"].(string); format {
	case "iss_sub":
		if iss, _ := m["iss"].(string); !slices.Contains(issuers, iss) {
			return refuseSet(setInvalid, "its subject is one of issuer %.200q, not of this provider", iss)
		}
		if session {
			return take("sub", &w.sid)
		}
		return take("sub", &w.sub)
	case "email":
		return take("email", &w.email)
	case "opaque":
		if session {
			return take("id", &w.sid)
		}
		return take("id", &w.any)
	default:
		return refuseSet(setInvalid, "its subject has format %.50q, not iss_sub, email or opaque", format)
	}
}
