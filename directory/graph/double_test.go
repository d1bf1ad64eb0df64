package graph_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// entra is a directory that speaks as Entra's token endpoint and Microsoft Graph do: delta queries with pages, tokens
// that go stale, memberships in pieces, throttling.
type entra struct {
	*httptest.Server
	mu      sync.Mutex
	now     func() time.Time
	objects map[string]map[string]any // "users/<id>", "groups/<id>"
	members map[string]map[string]string
	roles   map[string][]string // role id → member ids
	log     []change            // of users and groups, in order
	size    int                 // of a page
	asked   []string
	fail    func(w http.ResponseWriter, r *http.Request) bool
	cert    *x509.Certificate // trusted for assertions; nil: the secret is
	stale   int               // delta tokens below this are forgotten
}

// change is something that happened to an object, or to a member of a group.
type change struct {
	kind, id, member string
	gone             bool
	props            []string
}

func newEntra(t testing.TB, now func() time.Time) *entra {
	e := &entra{objects: map[string]map[string]any{}, members: map[string]map[string]string{}, roles: map[string][]string{}, size: 3, now: now}
	e.Server = httptest.NewTLSServer(e)
	t.Cleanup(e.Close)
	return e
}

// put makes an object or changes properties of one.
func (e *entra) put(kind, id string, props map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := e.objects[kind+"/"+id]
	if o == nil {
		o = map[string]any{"id": id}
		e.objects[kind+"/"+id] = o
	}
	var names []string
	for k, v := range props {
		o[k] = v
		names = append(names, k)
	}
	e.log = append(e.log, change{kind: kind, id: id, props: names})
}

func (e *entra) remove(kind, id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.objects, kind+"/"+id)
	delete(e.members, id)
	e.log = append(e.log, change{kind: kind, id: id, gone: true})
	for g, in := range e.members {
		if _, ok := in[id]; ok {
			delete(in, id)
			e.log = append(e.log, change{kind: "groups", id: g, member: id, gone: true})
		}
	}
}

func (e *entra) join(group, member, kind string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.members[group] == nil {
		e.members[group] = map[string]string{}
	}
	e.members[group][member] = kind
	e.log = append(e.log, change{kind: "groups", id: group, member: member})
}

func (e *entra) leave(group, member string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.members[group], member)
	e.log = append(e.log, change{kind: "groups", id: group, member: member, gone: true})
}

func (e *entra) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	path, _ := strings.CutPrefix(r.URL.Path, "/v1.0")
	e.asked = append(e.asked, path)
	if e.fail != nil && e.fail(w, r) {
		return
	}
	switch {
	case r.URL.Path == "/contoso.onmicrosoft.com/oauth2/v2.0/token":
		e.token(w, r)
	case r.Header.Get("Authorization") != "Bearer at-1":
		refuse(w, http.StatusUnauthorized, "InvalidAuthenticationToken")
	case path == "/users/delta", path == "/groups/delta":
		e.delta(w, r, strings.Split(path, "/")[1])
	case path == "/directoryRoles":
		var all []any
		for _, id := range sorted(e.roles) {
			all = append(all, map[string]any{"id": id, "displayName": "Role " + id, "roleTemplateId": "template-" + id})
		}
		e.answer(w, all, "", "")
	case strings.HasPrefix(path, "/directoryRoles/") && strings.HasSuffix(path, "/members"):
		var all []any
		for _, id := range e.roles[strings.Split(path, "/")[2]] {
			all = append(all, map[string]any{"@odata.type": "#microsoft.graph." + map[bool]string{true: "group", false: "user"}[e.objects["groups/"+id] != nil], "id": id})
		}
		e.answer(w, all, "", "")
	default:
		refuse(w, http.StatusBadRequest, "BadRequest")
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":{"code":%q,"message":"x"}}`, code)
}

func (e *entra) answer(w http.ResponseWriter, value []any, next, delta string) {
	out := map[string]any{"@odata.context": e.URL + "/v1.0/$metadata", "value": append([]any{}, value...)}
	if next != "" {
		out["@odata.nextLink"] = e.URL + "/v1.0" + next
	}
	if delta != "" {
		out["@odata.deltaLink"] = e.URL + "/v1.0" + delta
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (e *entra) token(w http.ResponseWriter, r *http.Request) {
	ok := r.Method == http.MethodPost && r.FormValue("grant_type") == "client_credentials" && r.FormValue("client_id") == "app" && r.FormValue("scope") == e.URL+"/.default"
	if e.cert == nil {
		ok = ok && r.FormValue("client_secret") == "s3cret"
	} else {
		ok = ok && r.FormValue("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" && e.proven(r.FormValue("client_assertion"))
	}
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}`))
		return
	}
	_, _ = w.Write([]byte(`{"token_type":"Bearer","expires_in":3599,"access_token":"at-1"}`))
}

// proven verifies an assertion as Entra does.
func (e *entra) proven(text string) bool {
	part := strings.Split(text, ".")
	if len(part) != 3 {
		return false
	}
	var head struct {
		Alg, Typ string
		Print    string `json:"x5t#S256"`
	}
	var body struct {
		Aud, Iss, Sub, JTI string
		Nbf, Exp           int64
	}
	for i, to := range []any{&head, &body} {
		raw, err := base64.RawURLEncoding.DecodeString(part[i])
		if err != nil || json.Unmarshal(raw, to) != nil {
			return false
		}
	}
	sig, err := base64.RawURLEncoding.DecodeString(part[2])
	sum, print := sha256.Sum256([]byte(part[0]+"."+part[1])), sha256.Sum256(e.cert.Raw)
	key, ok := e.cert.PublicKey.(*rsa.PublicKey)
	now := e.now().Unix()
	return err == nil && ok && head.Alg == "PS256" && head.Typ == "JWT" && head.Print == base64.RawURLEncoding.EncodeToString(print[:]) &&
		body.Aud == e.URL+"/contoso.onmicrosoft.com/oauth2/v2.0/token" && body.Iss == "app" && body.Sub == "app" && body.JTI != "" && body.Nbf <= now && body.Exp > now && body.Exp-now <= 600 &&
		rsa.VerifyPSS(key, crypto.SHA256, sum[:], sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
}

// delta answers a delta query: everything at first, then what the log has since. A token is "<from>.<to>.<offset>".
func (e *entra) delta(w http.ResponseWriter, r *http.Request, kind string) {
	q := r.URL.Query()
	from, to, offset := 0, len(e.log), 0
	token := q.Get("$deltatoken") + q.Get("$skiptoken")
	if token == "" && !strings.Contains(q.Get("$select"), "id,") {
		refuse(w, http.StatusBadRequest, "BadRequest")
		return
	}
	if token != "" {
		if n, _ := fmt.Sscanf(token, "%d.%d.%d", &from, &to, &offset); n != 3 {
			refuse(w, http.StatusBadRequest, "BadRequest")
			return
		}
		if to == 0 {
			to = len(e.log)
		}
		if from > 0 && from < e.stale {
			refuse(w, http.StatusGone, "resyncRequired")
			return
		}
	}
	var all []any
	if from == 0 {
		all = e.everything(kind)
	} else {
		all = e.since(kind, e.log[from-1:to])
	}
	end := min(offset+e.size, len(all))
	if end < len(all) {
		e.answer(w, all[offset:end], "/"+kind+"/delta?$skiptoken="+strconv.Itoa(from)+"."+strconv.Itoa(to)+"."+strconv.Itoa(end), "")
		return
	}
	e.answer(w, all[offset:end], "", "/"+kind+"/delta?$deltatoken="+strconv.Itoa(to+1)+".0.0")
}

// everything lists all objects. A group comes in pieces of two members.
func (e *entra) everything(kind string) []any {
	var all []any
	for _, key := range sorted(e.objects) {
		if !strings.HasPrefix(key, kind+"/") {
			continue
		}
		o := e.objects[key]
		all = append(all, o)
		if kind != "groups" {
			continue
		}
		id := strings.TrimPrefix(key, "groups/")
		for piece := range slices.Chunk(sorted(e.members[id]), 2) {
			var in []any
			for _, m := range piece {
				in = append(in, map[string]any{"@odata.type": "#microsoft.graph." + e.members[id][m], "id": m})
			}
			all = append(all, map[string]any{"id": id, "members@delta": in})
		}
	}
	return all
}

// since lists what has happened, the properties that changed alone.
func (e *entra) since(kind string, log []change) []any {
	var all []any
	for _, c := range log {
		if c.kind != kind {
			continue
		}
		o := e.objects[kind+"/"+c.id]
		switch {
		case c.member != "":
			m := map[string]any{"@odata.type": "#microsoft.graph.user", "id": c.member}
			if k := e.members[c.id][c.member]; k != "" {
				m["@odata.type"] = "#microsoft.graph." + k
			}
			if c.gone {
				m["@removed"] = map[string]any{"reason": "deleted"}
			}
			all = append(all, map[string]any{"id": c.id, "members@delta": []any{m}})
		case c.gone || o == nil:
			all = append(all, map[string]any{"id": c.id, "@removed": map[string]any{"reason": "changed"}})
		default:
			out := map[string]any{"id": c.id}
			for _, p := range c.props {
				out[p] = o[p]
			}
			all = append(all, out)
		}
	}
	return all
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
