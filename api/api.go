package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/referee-casb/referee/directory/scim"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/tenant"
)

// Bounds. Bodies of one route are bounded by the route.
const (
	maxBody    = 1 << 20
	bodyTime   = 30 * time.Second // to send a request's body
	answerTime = time.Minute      // to write an answer, or a part of a stream
)

// API is the handler of the API host. Make it with [New].
type API struct {
	config   Config
	Parts    // what it works on
	mux      *http.ServeMux
	huma     huma.API
	guard    guard
	spec     specification
	recent   recent
	scans    chan struct{} // one for each scan that may run
	scanning sync.Map      // tenants for which a file is being scanned
	probing  sync.Map      // tenants whose provider is being tested
	checking sync.Map      // tenants for which an app is being checked
}

// New makes the API. It returns Invalid when a part is missing.
func New(config Config, parts Parts) (*API, error) {
	if err := parts.validate(); err != nil {
		return nil, err
	}
	installProblems()
	a := &API{config: config, Parts: parts, mux: http.NewServeMux(), scans: make(chan struct{}, maxScans)}
	a.guard = guard{tokens: parts.Tokens, tenants: parts.Tenants, now: parts.Now, log: parts.Log}
	a.huma = newHuma(config, a.mux, a.finish)
	r := &registrar{api: a, handled: map[string]bool{}}
	a.registerTenants(r)
	a.registerApps(r)
	a.registerPolicies(r)
	a.registerRollouts(r)
	a.registerExceptions(r)
	a.registerActivities(r)
	a.registerStreams(r)
	a.registerSessions(r)
	a.registerDevices(r)
	a.registerMFA(r)
	a.registerDirectory(r)
	a.registerTokens(r)
	a.registerKeys(r)
	a.registerProviders(r)
	a.registerTypes(r)
	a.registerLabels(r)
	a.registerContent(r)
	a.registerTables(r)
	a.registerBreakGlass(r)
	a.registerReference(r)
	if err := r.complete(); err != nil {
		return nil, err
	}
	if err := a.describe(); err != nil {
		return nil, err
	}
	a.mux.HandleFunc("GET /healthz", a.health)
	a.mux.HandleFunc("GET /readyz", a.ready)
	a.mux.HandleFunc("GET /metrics", a.metrics)
	a.mux.Handle(scim.Prefix, a.scimServer())
	a.mux.HandleFunc("/", a.unknown)
	return a, nil
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := requestID(r)
	h := w.Header()
	h.Set("X-Request-Id", id)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	begin := a.Now()
	seen := &statusWriter{ResponseWriter: w}
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler { //nolint:errorlint,err113 // net/http compares it so
				panic(v) // a stream that could not be finished: the connection is cut, so that nobody takes it for whole
			}
			a.Log.ErrorContext(r.Context(), "panic in the API", "request", id, "path", r.URL.Path, "panic", v)
			if seen.status == 0 {
				newProblem(fault.Internal, http.StatusInternalServerError, "something went wrong inside Referee; its log has more under this request id").write(seen, id)
			}
		}
		a.Log.DebugContext(r.Context(), "api", "request", id, "method", r.Method, "path", r.URL.Path, "status", seen.status, "took", a.Now().Sub(begin))
	}()
	ctx := context.WithValue(r.Context(), requestKey{}, id)
	ctx = context.WithValue(ctx, writerKey{}, http.NewResponseController(w))
	extend(ctx)
	a.mux.ServeHTTP(seen, r.WithContext(ctx))
}

type (
	requestKey struct{}
	writerKey  struct{}
)

// extend gives an answer its full time again: after long work, and with each part of a stream. Wall-clock time is
// what sockets go by.
func extend(ctx context.Context) {
	if w, ok := ctx.Value(writerKey{}).(*http.ResponseController); ok {
		_ = w.SetWriteDeadline(time.Now().Add(answerTime)) // a writer without deadlines, as in tests, needs none
	}
}

var requestPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// requestID takes over the client's id when it has one in a harmless form.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); requestPattern.MatchString(id) {
		return id
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

func requestOf(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// finish completes problems on their way out and logs what the client is not told.
func (a *API) finish(ctx huma.Context, _ string, v any) (any, error) {
	extend(ctx.Context()) // what was answered may have taken long to find out
	if p, ok := v.(*Problem); ok {
		p.Request = requestOf(ctx.Context())
		if p.Status == http.StatusUnauthorized {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="referee"`)
		}
		if p.cause != nil {
			a.Log.LogAttrs(ctx.Context(), slog.LevelError, "api", slog.String("request", p.Request), slog.String("path", ctx.URL().Path), slog.Any("err", p.cause))
		}
	}
	return v, nil
}

func (a *API) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// ready says whether every engine answers. Which one does not is in the log: the route is open to everybody.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if err := a.Ready(ctx); err != nil {
		a.Log.WarnContext(ctx, "not ready", "err", err)
		newProblem(fault.Unavailable, http.StatusServiceUnavailable, "not ready").write(w, requestOf(r.Context()))
		return
	}
	a.health(w, r)
}

// metrics shows names of tenants, so it wants a token of the installation.
func (a *API) metrics(w http.ResponseWriter, r *http.Request) {
	if _, err := a.guard.admit(r.Context(), r.Header.Get("Authorization"), tenant.RoleReader, tenant.Everywhere); err != nil {
		problem(err).write(w, requestOf(r.Context()))
		return
	}
	a.Metrics.ServeHTTP(w, r)
}

// unknown answers what no route takes, telling a wrong method from a wrong path.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		probe := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := a.mux.Handler(probe); pattern != "/" && m != r.Method {
			w.Header().Add("Allow", m)
		}
	}
	if w.Header().Get("Allow") != "" {
		newProblem(fault.Invalid, http.StatusMethodNotAllowed, "this address does not take "+r.Method).write(w, requestOf(r.Context()))
		return
	}
	newProblem(fault.NotFound, http.StatusNotFound, "nothing is here").write(w, requestOf(r.Context()))
}

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
