package scim

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Prefix of every address: /scim/v2/{tenant}/{source}/…
const Prefix = "/scim/v2/"

// Bounds of what a client may ask for.
const (
	maxBody  = 1 << 20
	maxPage  = 200              // resources in one answer
	maxScan  = 50_000           // resources that a filter looks at which no index answers
	atOnce   = 8                // requests of one source
	bodyTime = 30 * time.Second // to send a request's body
	answerIn = time.Minute
	touch    = time.Minute
)

// Change is what a client does, for the record.
type Change struct {
	Tenant model.TenantID
	Source directory.SourceID
	Token  directory.Token
	Action string // such as "directory.user.replace"
	Kind   string // "user" or "group"
	ID     directory.ID
	Name   string
	Detail map[string]any
}

// Parts are what the server works with. All are safe for concurrent use.
type Parts struct {
	Store   directory.Store
	Sources directory.SourceStore
	// Record makes a change that the activity log tells, and returns commit's error. It does not commit what it can't
	// record.
	Record func(ctx context.Context, r *http.Request, c Change, commit func() error) error
	// Changed is told of every committed change, before the client is answered. refused are users that may not sign in:
	// when it returns nil, their sessions have ended.
	Changed func(ctx context.Context, tenant model.TenantID, refused []directory.User) error
	URL     string // of the host, such as "https://referee.example.com"
	Now     func() time.Time
	Log     *slog.Logger
}

// Server serves every SCIM source of every tenant.
type Server struct {
	parts Parts
	mu    sync.Mutex
	busy  map[string]int
}

// New returns a server.
func New(p Parts) *Server { return &Server{parts: p, busy: map[string]int{}} }

// call is one request that a token has let in.
type call struct {
	*Server
	ctx    context.Context
	r      *http.Request
	w      http.ResponseWriter
	tenant model.TenantID
	source directory.SourceID
	token  directory.Token
	base   string // of the source's addresses
}

// ServeHTTP answers one request below [Prefix].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.serve(w, r); err != nil {
		e := answerOf(err)
		if e.Status >= http.StatusInternalServerError {
			s.parts.Log.ErrorContext(r.Context(), "scim", "path", r.URL.Path, "err", err)
		} else {
			s.parts.Log.InfoContext(r.Context(), "scim refused", "path", r.URL.Path, "method", r.Method, "status", e.Status, "err", e.Detail)
		}
		e.write(w)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	rest, _ := strings.CutPrefix(r.URL.Path, Prefix)
	tenant, rest, _ := strings.Cut(rest, "/")
	source, rest, _ := strings.Cut(rest, "/")
	c := &call{Server: s, ctx: r.Context(), r: r, w: w, tenant: model.TenantID(tenant), source: directory.SourceID(source), base: s.parts.URL + Prefix + tenant + "/" + source}
	ctx, cancel := context.WithTimeout(r.Context(), answerIn) // what nobody waits for any more is not looked for
	defer cancel()
	c.ctx = ctx
	var err error
	if c.token, err = s.admit(r, c.tenant, c.source); err != nil {
		return err
	}
	done, ok := s.enter(tenant + "/" + source)
	if !ok {
		return refuse(http.StatusTooManyRequests, "", "the source has "+strconv.Itoa(atOnce)+" requests under way")
	}
	defer done()
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // a writer without deadlines, as in tests, needs none
	_ = control.SetWriteDeadline(time.Now().Add(answerIn))
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	return c.route(strings.TrimSuffix(rest, "/"))
}

// admit finds the token of a request. What is wrong with it is not told: neither are tenants and sources that exist.
func (s *Server) admit(r *http.Request, tenant model.TenantID, source directory.SourceID) (directory.Token, error) {
	unknown := refuse(http.StatusUnauthorized, "", "no valid token of this directory source was given")
	scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if secret = strings.TrimSpace(secret); !ok || !strings.EqualFold(scheme, "Bearer") || len(secret) < 20 || len(secret) > 200 {
		return directory.Token{}, unknown
	}
	tokens, err := s.parts.Sources.SourceTokens(r.Context(), tenant, source)
	if err != nil {
		return directory.Token{}, fault.As(err, fault.Unavailable, "scim.admit", string(source)) // fail closed: who asks is not known
	}
	now := s.parts.Now()
	found := -1
	for i := range tokens { // all of them, however early one fits: the time tells nothing
		if tokens[i].Holds(secret, now) {
			found = i
		}
	}
	if found < 0 {
		return directory.Token{}, unknown
	}
	t := tokens[found]
	if now.Sub(t.LastUsed) >= touch {
		if err := s.parts.Sources.TouchSourceToken(r.Context(), tenant, source, t.ID, now); err != nil {
			// fail open: when a token was last used is for housekeeping, nothing is decided by it
			s.parts.Log.WarnContext(r.Context(), "token not touched", "token", t.ID, "err", err)
		}
	}
	return t, nil
}

func (s *Server) enter(who string) (done func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[who] >= atOnce {
		return nil, false
	}
	s.busy[who]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.busy[who]--; s.busy[who] == 0 {
			delete(s.busy, who)
		}
	}, true
}

// route finds what an address is about.
func (c *call) route(rest string) error {
	kind, id, _ := strings.Cut(rest, "/")
	switch kind {
	case "Users":
		return c.resource(directory.ID(id), (*call).listUsers, (*call).addUser, (*call).getUser, (*call).putUser, (*call).patchUser, (*call).deleteUser)
	case "Groups":
		return c.resource(directory.ID(id), (*call).listGroups, (*call).addGroup, (*call).getGroup, (*call).putGroup, (*call).patchGroup, (*call).deleteGroup)
	case "Me", "Bulk":
		return refuse(http.StatusNotImplemented, "", "/"+kind+" is not offered")
	case "ServiceProviderConfig", "ResourceTypes", "Schemas":
	default:
		return refuse(http.StatusNotFound, "", "nothing is here")
	}
	if c.r.Method != http.MethodGet {
		return c.method(http.MethodGet)
	}
	switch {
	case c.r.URL.Query().Get("filter") != "":
		return refuse(http.StatusForbidden, "", "these resources are not filtered") // RFC 7644 section 4
	case kind == "ServiceProviderConfig":
		send(c.w, http.StatusOK, config(c.base))
		return nil
	}
	var all []object
	if kind == "Schemas" {
		for _, s := range []*schema{&core, &enterprise, &groupCore} {
			all = append(all, s.describe(c.base))
		}
	} else {
		all = []object{users.describe(c.base), groups.describe(c.base)}
	}
	if id == "" {
		send(c.w, http.StatusOK, listOf(all, len(all), 1))
		return nil
	}
	for _, o := range all {
		if strings.EqualFold(o["id"].(string), id) { //nolint:forcetypeassert // made above
			send(c.w, http.StatusOK, o)
			return nil
		}
	}
	return refuse(http.StatusNotFound, "", "there is no "+clip(id))
}

func (c *call) method(allowed ...string) error {
	c.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return refuse(http.StatusMethodNotAllowed, "", "this address does not take "+clip(c.r.Method))
}

// resource calls the handler of a method.
func (c *call) resource(id directory.ID, list, add func(*call) error, get, put, patch, remove func(*call, directory.ID) error) error {
	if id == "" {
		switch c.r.Method {
		case http.MethodGet:
			return list(c)
		case http.MethodPost:
			return add(c)
		}
		return c.method(http.MethodGet, http.MethodPost)
	}
	handler := map[string]func(*call, directory.ID) error{http.MethodGet: get, http.MethodPut: put, http.MethodPatch: patch, http.MethodDelete: remove}[c.r.Method]
	switch {
	case handler == nil:
		return c.method(http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete)
	case strings.Contains(string(id), "/") || len(id) > 100:
		return refuse(http.StatusNotFound, "", "nothing is here")
	}
	return handler(c, id)
}

// body reads what was sent.
func (c *call) body() ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/scim+json" && kind != "application/json" {
		return nil, refuse(http.StatusUnsupportedMediaType, "", "send application/scim+json")
	}
	text, err := io.ReadAll(c.r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, refuse(http.StatusRequestEntityTooLarge, "", "the body is larger than "+strconv.Itoa(maxBody)+" bytes")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "invalidSyntax", "the body did not arrive whole")
	}
	return text, nil
}

// resourceBody reads a whole resource in the schema's form.
func (c *call) resourceBody(t *resource) (object, error) {
	text, err := c.body()
	if err != nil {
		return nil, err
	}
	in, err := decode(text)
	if err != nil {
		return nil, err
	}
	return t.normal(in)
}

// etag is a version as headers show it (RFC 7644 section 3.14).
func etag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// precondition checks If-Match and If-None-Match against the stored version.
func (c *call) precondition(version int64) error {
	if want := c.r.Header.Get("If-Match"); want != "" && !tagged(want, version) {
		return refuse(http.StatusPreconditionFailed, "", "the resource has changed; its version is "+etag(version))
	}
	if want := c.r.Header.Get("If-None-Match"); want != "" && tagged(want, version) {
		if c.r.Method != http.MethodGet {
			return refuse(http.StatusPreconditionFailed, "", "the resource has this version")
		}
		c.w.Header().Set("ETag", etag(version))
		c.w.WriteHeader(http.StatusNotModified)
		return errAnswered
	}
	return nil
}

// tagged compares weakly (RFC 9110 section 8.8.3.2).
func tagged(list string, version int64) bool {
	for _, t := range strings.Split(list, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(etag(version), "W/") {
			return true
		}
	}
	return false
}

// errAnswered ends a request whose answer is written.
var errAnswered = errors.New("answered")

// tries is how often a change is made anew when another one came first.
const tries = 5

// change reads, changes and writes until nobody came in between. A client that named a version gets it at most once.
func (c *call) change(once func() error) error {
	for n := 1; ; n++ {
		err := once()
		var told *Error
		if !fault.Is(err, fault.Conflict) || errors.As(err, &told) || n == tries || c.r.Header.Get("If-Match") != "" {
			return err
		}
	}
}

// record makes a change on the record, and tells those who follow it.
func (c *call) record(action, kind string, id directory.ID, name string, detail map[string]any, refused []directory.User, b directory.Batch) error {
	b.At = c.parts.Now()
	// The client may go at any time: from here on nothing depends on it, least of all what follows for sessions.
	ctx, done := context.WithoutCancel(c.ctx), false
	err := c.parts.Record(ctx, c.r, Change{Tenant: c.tenant, Source: c.source, Token: c.token, Action: "directory." + kind + "." + action, Kind: kind, ID: id, Name: name, Detail: detail}, func() error {
		err := c.parts.Store.Apply(ctx, c.tenant, c.source, b)
		done = err == nil
		return err
	})
	if done {
		err = errors.Join(err, c.changed(refused))
	}
	return err
}

// changed tells those who follow a change that is stored.
func (c *call) changed(refused []directory.User) error {
	if err := c.parts.Changed(context.WithoutCancel(c.ctx), c.tenant, refused); err != nil {
		// fail closed: the change is stored and nobody signs in by it; the client hears that it is not all done, and sends it again
		return fault.As(err, fault.Unavailable, "scim.changed", string(c.source))
	}
	return nil
}
