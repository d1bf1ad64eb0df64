package gateway

import (
	"context"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/gateway/rewrite"
	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/gateway/upstream"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// hop is one request on its way through. Hops are pooled: nothing that outlives ServeHTTP may point into one.
type hop struct {
	g         *Gateway
	w         http.ResponseWriter
	r         *http.Request
	ctx       context.Context
	now       time.Time
	typeNames map[string]string // what people call the information types that were looked for
	matches   []dlp.Match       // in the content that was looked at, masked
	evident   *model.Activity   // what they are of
	malware   string            // what it is called, when the content is that
	text      *spooled          // what is sent, when it was looked at
	book      *catalog.Book
	t         *catalog.Target
	token     string // session label of an anonymous host
	app       *appInfo
	tenant    *tenant.Entry

	hosts   hosts
	m       header.Mapper
	own     header.Own
	cookies string // the app's, as the browser sent them
	begun   header.Initiator
	bare    bool     // the page asked for no credentials: the app gets and sets no cookies
	inside  bool     // … that is looked into
	socket  bool     // asks for a WebSocket
	pending *pending // a kept form that this request stands for
	keptFor string   // app session that a replayed form was kept for; "" for other requests
	variant bool     // asks whether a body that was rewritten is still good

	entry *session.Entry   // nil at public hosts
	sess  *session.Session // its snapshot
	how   credential
	fresh []string // Set-Cookie lines of Referee's own for the answer

	req  recognise.RequestInfo
	resp recognise.ResponseInfo

	in        policy.Input
	filled    bool // in holds the facts that don't change within a request
	v         policy.Verdict
	src       *clientBody // the request's body as it comes
	up        *uploads    // files in it
	hints     *hints      // early hints of a navigation; nil for others
	kept      *heldBody   // the body, held because a step-up may be asked for; nil otherwise
	large     *heldBody   // the first part of one that was too large to hold
	resume    string      // id of the stashed request that this one stands for
	stops     bool        // the last look at the script's controls found one that stops
	integrity string      // digests that the body must have, by its address

	onPage     bool   // the action is one that only the page's script sees
	protection string // what came of labelling the copy, for the activity
	why        string // … for the person, when it is blocked
	labelled   bool   // the copy has the label that policies ask for, or a higher one
	refetched  bool   // the app was asked for the whole file in the place of a piece

	until time.Time // when the first of the grants ends that opened such an action; zero for none
}

// credential says by what a request was recognised.
type credential uint8

const (
	byNothing credential = iota
	byCookie
	byLookup
	byBearer
	byLabel
	byPlace // a public host
)

func (h *hop) begin(g *Gateway, w http.ResponseWriter, r *http.Request, book *catalog.Book, t *catalog.Target, token string) {
	h.g, h.w, h.r, h.book, h.t, h.token = g, w, r, book, t, token
	h.ctx, h.now = r.Context(), g.now()
	h.hosts = hosts{book: book, tenant: t.Tenant, instance: t.Instance, hop: h}
	h.m = header.Mapper{Hosts: &h.hosts, Suffix: hostOf(g.cfg.Suffix)}
	h.app = g.profiles.of(book, t.Instance)
}

// put gives a hop back to the pool.
func (g *Gateway) put(h *hop) {
	for _, k := range [...]*heldBody{h.kept, h.large} {
		if k != nil {
			k.drop()
		}
	}
	if h.text != nil {
		h.text.release()
	}
	needs, steps := h.v.Needs[:0], h.v.Steps[:0]
	*h = hop{}
	h.v.Needs, h.v.Steps = needs, steps
	g.hops.Put(h)
}

// serve answers the request.
func (h *hop) serve() {
	var ok bool
	if h.tenant, ok = h.g.parts.Tenants.Get(h.t.Tenant); !ok {
		h.g.unknown(h.w, h.r) // fail closed: a host of a tenant that is gone
		return
	}
	h.own, h.cookies = header.Cookies(h.r.Header["Cookie"], h.app.lookup)
	if strings.HasPrefix(h.r.URL.Path, shim.Prefix) {
		h.serveOwn()
		return
	}
	h.read()
	if h.bypassed() {
		h.redirect("https://" + h.t.Real + h.r.URL.RequestURI())
		return
	}
	if preflight(h.r) {
		h.preflight()
		return
	}
	if h.signsIn() && !h.credentialFree() {
		return
	}
	if !h.identify() || h.keptFor != "" && !h.keptHere() || h.pending != nil && !h.unpack() || h.resume != "" && !h.again(h.resume) {
		return
	}
	if h.signsIn() && !h.signInReady() {
		return
	}
	h.proxy()
}

// read takes in what the request says of itself, in terms of the real host.
func (h *hop) read() {
	r := h.r
	if accept := r.Header["Accept"]; len(accept) > 0 {
		var rest string
		if rest, h.bare = shim.TakeMark(accept[0]); h.bare {
			accept[0] = rest
		}
	}
	h.socket, _ = header.Upgrading(r)
	h.begun = h.m.Begun(r.Header, h.t.Real, related)
	h.takeReplay()
	h.resume = takeResume(r.URL)
	u := r.URL
	h.integrity = ""
	if rest, metadata, ok := rewrite.CutMarker(u.RawQuery); ok {
		u.RawQuery, h.integrity = rest, metadata
	}
	if q := h.m.Reverse(u.RawQuery); q != u.RawQuery {
		u.RawQuery = q
	}
	if p := h.m.Reverse(u.Path); p != u.Path {
		u.Path = p
		u.RawPath = h.m.Reverse(u.RawPath)
	}
	recognise.Request(&h.req, r, h.t.Real, h.t.Host.Role, h.app.profile)
}

// related reports whether two real authorities are same-site.
func related(initiator, target string) bool {
	return session.Relation(hostOf(initiator), hostOf(target)) == session.SameSite
}

// siblings reports whether the request was begun by a page of another host of the same instance.
func (h *hop) siblings() bool {
	if h.begun.Real == "" || h.begun.Real == h.t.Real {
		return false
	}
	t, ok := h.book.Target(h.t.Tenant, h.begun.Real)
	return ok && t.Instance == h.t.Instance
}

// hosts maps authorities for one request: all hosts of the tenant, and the anonymous ones of the session's own
// instance with its label token.
type hosts struct {
	book     *catalog.Book
	tenant   model.TenantID
	instance *catalog.Instance
	hop      *hop
	token    string
}

func (s *hosts) Mapped(real string) (string, bool) {
	t, ok := s.book.Target(s.tenant, real)
	if !ok {
		return "", false
	}
	if t.Host.Role == catalog.RoleAnonymous && t.Instance == s.instance {
		return s.book.MappedWith(s.tenant, real, s.label())
	}
	return t.Mapped, true
}

func (s *hosts) Real(mapped string) (string, bool) { return s.book.Real(s.tenant, mapped) }

// label is the session's label token, made when a host needs it.
func (s *hosts) label() string {
	if s.token == "" && s.hop != nil && s.hop.entry != nil {
		s.token = s.hop.entry.Key.LabelToken()
	}
	return s.token
}

// detached is a copy that may outlive the request.
func (s *hosts) detached() *hosts {
	c := *s
	if s.hop != nil && s.hop.app.anonymous {
		c.token = s.label()
	}
	c.hop = nil
	return &c
}

// Reals lists the tenant's real authorities, the longest first.
func (s *hosts) Reals() []string {
	targets := s.book.Targets(s.tenant)
	out := make([]string, 0, len(targets))
	for _, t := range targets {
		out = append(out, t.Real)
	}
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

// Epoch is equal for equal mappings.
func (s *hosts) Epoch() uint64 {
	f := fnv.New64a()
	f.Write([]byte(strconv.FormatInt(s.book.Epoch(), 36) + "\x00" + string(s.tenant) + "\x00" + s.token))
	if s.token != "" {
		f.Write([]byte("\x00" + string(s.instance.ID)))
	}
	return f.Sum64()
}

// mark is an epoch short enough for an entity tag.
func (s *hosts) mark() int64 { return int64(s.Epoch() >> 24) } //nolint:gosec // 40 bits of a hash

// appInfo is what the gateway works out once for each instance of a book.
type appInfo struct {
	profile   *recognise.Profile
	fields    []string // JSON fields whose URLs are mapped
	code      []rewrite.Replacement
	lookup    string // full name of the instance's look-up cookie
	anonymous bool   // it has hosts that are reached by a session's label
	epoch     int64  // of bodies rewritten without such a label
	transport atomic.Pointer[upstream.Transport]
}

// reach returns the transport to the app's hosts. Only success is kept: what is amiss may be mended.
func (g *Gateway) reach(a *appInfo, in *catalog.Instance) (*upstream.Transport, error) {
	if t := a.transport.Load(); t != nil {
		return t, nil
	}
	t, err := g.apps.Transport(in)
	if err == nil {
		a.transport.Store(t)
	}
	return t, err
}

// profiles keeps appInfos for the book that is current.
type profiles struct {
	current atomic.Pointer[shelf]
}

type shelf struct {
	book *catalog.Book
	apps sync.Map // *catalog.Instance to *appInfo
}

func (p *profiles) of(book *catalog.Book, in *catalog.Instance) *appInfo {
	s := p.current.Load()
	if s == nil || s.book != book {
		s = &shelf{book: book}
		p.current.Store(s)
	}
	if a, ok := s.apps.Load(in); ok {
		return a.(*appInfo)
	}
	a := &appInfo{lookup: lookupName(in.ID)}
	// A profile that doesn't compile can't be in a valid catalogue. fail closed if it is: without a profile there are
	// no previews and no exempt paths, so that more is asked about, not less.
	known := appprofile.Requests(in)
	a.profile, _ = recognise.Compile(known)
	a.fields, a.code = known.JSONFields, codeRules(known.Code, string(in.Tenant)+"."+book.Suffix())
	for i := range in.Hosts {
		a.anonymous = a.anonymous || in.Hosts[i].Role == catalog.RoleAnonymous
	}
	a.epoch = (&hosts{book: book, tenant: in.Tenant, instance: in}).mark()
	s.apps.Store(in, a)
	return a
}

// lookupName is the name of an instance's look-up cookie: a person may have several apps open, and each has one.
func lookupName(id model.InstanceID) string {
	f := fnv.New32a()
	f.Write([]byte(id))
	return header.LookupCookie + "-" + strconv.FormatUint(uint64(f.Sum32()), 36)
}
