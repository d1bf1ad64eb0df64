package scim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const listSchema = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

func listOf(page []object, total, start int) object {
	if page == nil {
		page = []object{}
	}
	return object{"schemas": []string{listSchema}, "totalResults": total, "startIndex": start, "itemsPerPage": len(page), "Resources": page}
}

// ask is what a list request wants (RFC 7644 section 3.4.2).
type ask struct {
	filter       *Filter
	start, count int
	shown        shown
}

func (c *call) ask(t *resource) (ask, error) {
	q := c.r.URL.Query()
	a := ask{start: 1, count: 100}
	if q.Get("sortBy") != "" || q.Get("sortOrder") != "" {
		return a, refuse(http.StatusBadRequest, "invalidValue", "sorting is not offered; see ServiceProviderConfig")
	}
	for name, to := range map[string]*int{"startIndex": &a.start, "count": &a.count} {
		if text := q.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				return a, refuse(http.StatusBadRequest, "invalidValue", name+" is not a number")
			}
			*to = n
		}
	}
	a.start, a.count = max(a.start, 1), min(max(a.count, 0), maxPage)
	if text := q.Get("filter"); text != "" {
		f, err := ParseFilter(text)
		if err != nil {
			return a, err
		}
		if err := t.known(f, nil); err != nil {
			return a, err
		}
		a.filter = f
	}
	var err error
	a.shown, err = shownOf(q)
	return a, err
}

// last is how many resources are to be read for a page where no filter chooses; 0 when that is all of them.
func (a ask) last() int {
	if a.start > 1<<30 {
		return 0
	}
	return a.start - 1 + max(a.count, 1)
}

// known refuses filters about attributes that no schema has: they would hold for nobody, without a word.
func (t *resource) known(f *Filter, within *attribute) error {
	bad := refuse(http.StatusBadRequest, "invalidFilter", "there is no attribute "+clip(f.Path.Attr+"."+f.Path.Sub))
	var inner *attribute
	switch {
	case f.Path.Attr == "":
	case within != nil:
		if find(within.subs, f.Path.Attr) == nil && !strings.EqualFold(f.Path.Attr, "value") || f.Path.Sub != "" {
			return bad
		}
	default:
		_, a, _, ok := t.resolve(f.Path)
		if !ok {
			return bad
		}
		inner = a
	}
	for _, e := range f.Terms {
		if f.Op != "[]" {
			inner = within
		}
		if err := t.known(e, inner); err != nil {
			return err
		}
	}
	return nil
}

// shown says which attributes an answer holds: those named, or all but those left out (RFC 7644 section 3.9).
type shown struct{ only, not []Path }

func shownOf(q url.Values) (shown, error) {
	var s shown
	for name, to := range map[string]*[]Path{"attributes": &s.only, "excludedAttributes": &s.not} {
		for _, text := range strings.Split(q.Get(name), ",") {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			p, ok := readPath(text)
			if !ok || len(*to) > maxTerms {
				return s, refuse(http.StatusBadRequest, "invalidValue", name+" holds what is no attribute: "+clip(text))
			}
			*to = append(*to, p)
		}
	}
	if len(s.only) > 0 && len(s.not) > 0 {
		return s, refuse(http.StatusBadRequest, "invalidValue", "attributes and excludedAttributes exclude each other")
	}
	return s, nil
}

// asks reports whether an attribute was named.
func (s shown) asks(attr string) bool {
	for _, p := range s.only {
		if strings.EqualFold(p.Attr, attr) {
			return true
		}
	}
	return false
}

// leavesOut reports whether an attribute is not wanted.
func (s shown) leavesOut(attr string) bool {
	for _, p := range s.not {
		if strings.EqualFold(p.Attr, attr) && p.Sub == "" {
			return true
		}
	}
	return len(s.only) > 0 && !s.asks(attr)
}

// of returns what is shown of a resource; its id and schemas always are.
func (s shown) of(r object) object {
	out := object{"id": r["id"], "schemas": r["schemas"]}
	if len(s.only) > 0 {
		for _, p := range s.only {
			for k, v := range r {
				if strings.EqualFold(k, p.Attr) && p.Schema == "" || coreSchema(p.Schema) && strings.EqualFold(k, p.Attr) {
					out[k] = partOf(v, p.Sub, true)
				}
				if inner, ok := v.(object); ok && p.Schema != "" && strings.EqualFold(k, p.Schema) {
					have, _ := out[k].(object)
					if have == nil {
						have = object{}
					}
					if e := field(inner, p.Attr); e != nil {
						have[p.Attr] = partOf(e, p.Sub, true)
						out[k] = have
					}
				}
			}
		}
		return out
	}
	for k, v := range r {
		out[k] = v
	}
	for _, p := range s.not {
		for k, v := range out {
			switch {
			case k == "id" || k == "schemas":
			case strings.EqualFold(k, p.Attr) && (p.Schema == "" || coreSchema(p.Schema)):
				if out[k] = partOf(v, p.Sub, false); p.Sub == "" {
					delete(out, k)
				}
			case p.Schema != "" && strings.EqualFold(k, p.Schema):
				if inner, ok := v.(object); ok {
					next := object{}
					for n, e := range inner {
						if !strings.EqualFold(n, p.Attr) {
							next[n] = e
						}
					}
					out[k] = next
				}
			}
		}
	}
	return out
}

// partOf keeps one sub-attribute, or all but it.
func partOf(v any, sub string, keep bool) any {
	if sub == "" {
		return v
	}
	switch v := v.(type) {
	case object:
		out := object{}
		for k, e := range v {
			if strings.EqualFold(k, sub) == keep {
				out[k] = e
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = partOf(e, sub, keep)
		}
		return out
	}
	return v
}

// whole makes a resource of what is stored.
func (c *call) whole(t *resource, id string, stored json.RawMessage, version int64, created, changed time.Time) (object, error) {
	r := object{}
	if len(stored) > 0 {
		if err := json.Unmarshal(stored, &r); err != nil {
			return nil, err
		}
	}
	schemas := []string{t.schema.id}
	if t.extension != nil && r[t.extension.id] != nil {
		schemas = append(schemas, t.extension.id)
	}
	r["id"], r["schemas"] = id, schemas
	r["meta"] = object{
		"resourceType": t.name, "created": created.UTC().Format(time.RFC3339Nano), "lastModified": changed.UTC().Format(time.RFC3339Nano),
		"location": c.base + t.endpoint + "/" + url.PathEscape(id), "version": etag(version),
	}
	return r, nil
}

// answer sends one resource.
func (c *call) answer(status int, r object, s shown) {
	meta, _ := r["meta"].(object)
	h := c.w.Header()
	h.Set("Location", meta["location"].(string)) //nolint:forcetypeassert // made by whole
	h.Set("ETag", meta["version"].(string))      //nolint:forcetypeassert // likewise
	send(c.w, status, s.of(r))
}
