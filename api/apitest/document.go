package apitest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api"
)

// Document is the API's OpenAPI document as clients read it: from its text, not from the code behind it.
type Document struct {
	Paths      map[string]map[string]*Operation
	Components struct{ Schemas map[string]*schema }
}

// Operation is one method of one path.
type Operation struct {
	OperationID, Summary, Description string
	Role                              string `json:"x-role"`
	Security                          []map[string][]string
	Parameters                        []struct{ Name, In string }
	Responses                         map[string]struct {
		Content map[string]struct{ Schema *schema }
	}
}

// Query returns the names of the operation's query parameters.
func (o *Operation) Query() []string {
	var out []string
	for _, p := range o.Parameters {
		if p.In == "query" {
			out = append(out, p.Name)
		}
	}
	return out
}

// schema is the part of JSON Schema that the document uses.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Format               string
	Enum                 []any
	Properties           map[string]*schema
	Required             []string
	AdditionalProperties json.RawMessage
	Items                *schema
}

// Document reads the document.
func (f *Fixture) Document(t testing.TB) *Document {
	t.Helper()
	d := &Document{}
	if err := json.Unmarshal(f.Specification(), d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Operation returns what the document says of a route, or nil.
func (d *Document) Operation(rt api.Route) *Operation {
	return d.Paths[rt.Path][strings.ToLower(rt.Method)]
}

// route finds the route of a request, nil when none takes it.
func route(method, path string) *api.Route {
	path, _, _ = strings.Cut(path, "?")
	have := strings.Split(path, "/")
	var found *api.Route
	for _, rt := range api.Routes() {
		want := strings.Split(rt.Path, "/")
		if rt.Method != method || len(want) != len(have) {
			continue
		}
		fits, literal := true, true
		for i := range want {
			if strings.HasPrefix(want[i], "{") {
				literal = false
			} else if want[i] != have[i] {
				fits = false
			}
		}
		if fits && (found == nil || literal || strings.Count(rt.Path, "{") < strings.Count(found.Path, "{")) {
			found = &rt
		}
	}
	return found
}

// check fails the test when an answer is not what the document says.
func (d *Document) check(t testing.TB, method, path string, a Answer) {
	t.Helper()
	rt := route(method, path)
	if rt == nil {
		return
	}
	op := d.Operation(*rt)
	if op == nil {
		t.Errorf("%s is not in the document", rt.ID)
		return
	}
	res, ok := op.Responses[strconv.Itoa(a.Status)]
	if !ok && a.Status >= 400 {
		if res, ok = op.Responses["422"]; !ok { // streams describe success alone; every problem has one shape
			return
		}
	} else if !ok {
		t.Errorf("%s answers %d, which its document doesn't know", rt.ID, a.Status)
		return
	}
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	content, ok := res.Content[kind]
	switch {
	case len(res.Content) == 0 && len(a.Body) == 0:
		return
	case !ok:
		t.Errorf("%s answers %d with %q, which its document doesn't know", rt.ID, a.Status, kind)
		return
	case !strings.HasSuffix(kind, "json") || kind == "application/x-ndjson":
		return
	}
	var v any
	if err := json.Unmarshal(a.Body, &v); err != nil {
		t.Errorf("%s: %v", rt.ID, err)
		return
	}
	if err := d.fits(content.Schema, v, "body"); err != nil {
		t.Errorf("%s answers %d otherwise than documented: %v\n%s", rt.ID, a.Status, err, a.Body)
	}
}

// fits reports the first way in which a value is not what a schema says.
func (d *Document) fits(s *schema, v any, at string) error {
	if s.Ref != "" {
		name := strings.TrimPrefix(s.Ref, "#/components/schemas/")
		if s = d.Components.Schemas[name]; s == nil {
			return fmt.Errorf("%s: there is no schema %s", at, name)
		}
	}
	if !typeFits(s.Type, v) {
		return fmt.Errorf("%s: %v is not of type %v", at, v, s.Type)
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		return fmt.Errorf("%s: %v is not one of %v", at, v, s.Enum)
	}
	switch v := v.(type) {
	case string:
		if s.Format == "date-time" {
			if _, err := time.Parse(time.RFC3339Nano, v); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		}
	case []any:
		for i := range v {
			if s.Items == nil {
				break // the schema leaves open what the list holds
			}
			if err := d.fits(s.Items, v[i], fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		return d.objectFits(s, v, at)
	}
	return nil
}

func (d *Document) objectFits(s *schema, v map[string]any, at string) error {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s: %s is missing", at, name)
		}
	}
	var more *schema
	if text := string(s.AdditionalProperties); text != "" && text != "false" && text != "true" {
		if err := json.Unmarshal(s.AdditionalProperties, &more); err != nil {
			return err
		}
	}
	for name, value := range v {
		want := s.Properties[name]
		if want == nil {
			want = more
		}
		if want == nil && string(s.AdditionalProperties) == "false" {
			return fmt.Errorf("%s: %s is not documented", at, name)
		}
		if want == nil {
			continue
		}
		if err := d.fits(want, value, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func typeFits(want, v any) bool {
	switch w := want.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(w, func(one any) bool { return typeFits(one, v) })
	case string:
		switch v := v.(type) {
		case nil:
			return w == "null"
		case bool:
			return w == "boolean"
		case string:
			return w == "string"
		case float64:
			return w == "number" || w == "integer" && v == float64(int64(v))
		case []any:
			return w == "array"
		case map[string]any:
			return w == "object"
		}
	}
	return false
}
