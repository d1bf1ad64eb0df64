package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"path"
	"reflect"
	"sort"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/referee-casb/referee/fault"
)

// registrar joins the table of routes with their handlers and sees that both are complete.
type registrar struct {
	api     *API
	handled map[string]bool
	problem error
}

// handle binds a route of the table to its handler. I and O are huma's input and output structs.
func handle[I, O any](r *registrar, id string, h func(ctx context.Context, c *caller, in *I) (*O, error), change ...func(*huma.Operation)) {
	rt, ok := routeByID(id)
	if !ok || r.handled[id] {
		r.problem = fault.New(fault.Internal, "api.New", "route %s is not in the table, or is handled twice", id)
		return
	}
	r.handled[id] = true
	op := rt.operation()
	op.Middlewares = huma.Middlewares{r.api.middleware(rt)}
	for _, f := range change {
		f(&op)
	}
	huma.Register(r.api.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, problem(err)
		}
		return out, nil
	})
}

// body bounds a route's request body.
func body(limit int64) func(*huma.Operation) {
	return func(op *huma.Operation) { op.MaxBodyBytes = limit }
}

func (r *registrar) complete() error {
	if r.problem != nil {
		return r.problem
	}
	for _, rt := range Routes() {
		if !r.handled[rt.ID] {
			return fault.New(fault.Internal, "api.New", "route %s has no handler", rt.ID)
		}
	}
	return nil
}

// operation describes the route for package huma.
func (rt Route) operation() huma.Operation {
	op := huma.Operation{
		OperationID: rt.ID, Method: rt.Method, Path: rt.Path, Summary: rt.Summary, Tags: []string{rt.Tag}, DefaultStatus: rt.Status,
		Description: rt.Doc, MaxBodyBytes: maxBody, BodyReadTimeout: bodyTime, RejectUnknownQueryParameters: true,
		Security: []map[string][]string{{"token": {}}}, Extensions: map[string]any{"x-role": string(rt.Role)},
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}
	if rt.Scope == ScopeTenant {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if rt.Method != http.MethodGet {
		op.Errors = append(op.Errors, http.StatusConflict)
	}
	sort.Ints(op.Errors)
	need := "Needs the role `" + string(rt.Role) + "`"
	if rt.Scope == ScopeInstallation {
		need += " and a token of the installation"
	}
	op.Description = strings.TrimSpace(rt.Doc + "\n\n" + need + ".")
	return op
}

// newHuma makes the huma API on a mux. Its own documentation routes stay off: they load scripts from elsewhere.
func newHuma(c Config, mux *http.ServeMux, finish huma.Transformer) huma.API {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[netip.Addr](), reflect.TypeFor[string]())
	cfg := huma.DefaultConfig("Referee", c.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil
	cfg.Transformers = []huma.Transformer{finish}
	cfg.NoFormatFallback = false
	cfg.RejectUnknownQueryParameters = true
	cfg.Info.Description = "Everything that Referee keeps and does, for scripts and programs. Send a token as `Authorization: Bearer <token>`."
	cfg.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	cfg.Components = &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "A token made by `referee token add`."},
	}}
	if c.URL != "" {
		cfg.Servers = []*huma.Server{{URL: c.URL}}
	}
	cfg.Tags = tags
	return humago.New(mux, cfg)
}

// schemaName keeps types of the same name in different packages apart.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	pkg := path.Base(t.PkgPath())
	if t.Name() == "" || pkg == "api" || pkg == "model" || pkg == "." || strings.Contains(t.Name(), "[") {
		return name
	}
	pkg = strings.ToUpper(pkg[:1]) + pkg[1:]
	if strings.HasPrefix(name, pkg) {
		return name
	}
	return pkg + name
}

// specification is the OpenAPI document, made once.
type specification struct{ json, yaml []byte }

// describe writes the document down and serves it; it tells nobody more than the source code does.
func (a *API) describe() error {
	const op = "api.describe"
	doc := a.huma.OpenAPI()
	var err error
	if a.spec.json, err = json.MarshalIndent(doc, "", "  "); err != nil {
		return fault.As(err, fault.Internal, op, "")
	}
	if a.spec.yaml, err = doc.YAML(); err != nil {
		return fault.As(err, fault.Internal, op, "")
	}
	serve := func(kind string, text []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/openapi+"+kind)
			_, _ = w.Write(text) // the client has gone if this fails
		}
	}
	a.mux.HandleFunc("GET /api/v2/openapi.json", serve("json", a.spec.json))
	a.mux.HandleFunc("GET /api/v2/openapi.yaml", serve("yaml", a.spec.yaml))
	return nil
}

// Specification returns the OpenAPI document as indented JSON.
func (a *API) Specification() []byte { return a.spec.json }
