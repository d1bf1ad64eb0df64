package wsfed

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Action is what a request is for (WS-Federation 1.2 section 13.1.1).
type Action string

// The actions. Attributes and pseudonyms, the standard's others, are asked for by nobody here.
const (
	SignIn         Action = "wsignin1.0"
	SignOut        Action = "wsignout1.0"
	SignOutCleanUp Action = "wsignoutcleanup1.0"
)

// Bounds of a request. Entra's own context is about 2,000 bytes.
const (
	maxParam   = 1024
	maxContext = 16 << 10
	maxFresh   = 10 * 365 * 24 * 60 // minutes
)

// Request is what a relying party asks for.
type Request struct {
	Action  Action
	Realm   string        // wtrealm: who asks
	Reply   string        // wreply: where the answer goes; "" for the registered place
	Context string        // wctx: given back as it came
	Home    string        // whr: the person's home realm, a domain or an issuer; a hint
	Method  string        // wauth: how the person must have signed in; "" for any way
	Fresh   time.Duration // wfresh: how old the sign-in may be; negative when nothing is asked
	Sent    time.Time     // wct: when the request was made; zero when it does not say
	Hint    string        // username or login_hint: whom the relying party expects
	Silent  bool          // prompt=none: nobody may be asked anything
}

// ReadRequest reads a request out of an address's query. Parameters that are not known are left aside, as the standard
// asks (section 13.2.1); one that is given twice is refused, since two readers could take two meanings from it.
func ReadRequest(rawQuery string) (*Request, error) {
	const op = "wsfed.ReadRequest"
	if len(rawQuery) > 4*maxContext {
		return nil, fault.New(fault.Invalid, op, "the request is too long")
	}
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "the request can't be read", Err: err}
	}
	for _, key := range []string{"wa", "wtrealm", "wreply", "wctx", "whr", "wauth", "wfresh", "wct", "username", "login_hint", "prompt"} {
		most := maxParam
		if key == "wctx" {
			most = maxContext
		}
		switch list := q[key]; {
		case len(list) > 1:
			return nil, fault.New(fault.Invalid, op, "%s is given more than once", key)
		case len(list) == 1 && (len(list[0]) > most || strings.ContainsFunc(list[0], func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd })):
			return nil, fault.New(fault.Invalid, op, "%s is too long, or holds what no text has", key)
		}
	}
	r := &Request{
		Action: Action(q.Get("wa")), Realm: q.Get("wtrealm"), Reply: q.Get("wreply"), Context: q.Get("wctx"), Home: q.Get("whr"), Method: q.Get("wauth"),
		Fresh: -1, Hint: q.Get("username"), Silent: q.Get("prompt") == "none",
	}
	if r.Hint == "" {
		r.Hint = q.Get("login_hint")
	}
	switch r.Action {
	case SignIn, SignOut, SignOutCleanUp:
	default:
		return nil, fault.New(fault.Invalid, op, "the action %.40q is not known", r.Action)
	}
	if r.Action == SignIn && r.Realm == "" {
		return nil, fault.New(fault.Invalid, op, "the request does not say who asks (wtrealm)")
	}
	if text := q.Get("wfresh"); text != "" {
		minutes, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fault.New(fault.Invalid, op, "wfresh is %.40q, which is no number of minutes", text)
		}
		r.Fresh = time.Duration(min(minutes, maxFresh)) * time.Minute //nolint:gosec // bounded
	}
	if text := q.Get("wct"); text != "" {
		if r.Sent, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, fault.New(fault.Invalid, op, "wct is %.40q, which is no time", text)
		}
	}
	return r, nil
}
