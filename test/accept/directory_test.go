package accept

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/test/stage"
)

// peoplePolicies route everybody, and keep files from a group that only the directory knows.
const peoplePolicies = `
kind: ConditionalAccess
id: route
name: Route everybody
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
---
kind: SessionPolicy
id: contractors
name: Contractors read only
control: controlFileDownload
activities: {user.groups: {eq: Contractors}}
inspection: none
action: block
level: strict
`

// pusher is a provisioning client.
type pusher struct {
	t          *testing.T
	http       *http.Client
	url, token string
}

// send makes a request and fails unless the answer has the status.
func (p *pusher) send(method, path, body string, status int) map[string]any {
	p.t.Helper()
	return call(p.t, p.http, p.token, method, p.url+path, body, status)
}

func call(t *testing.T, c *http.Client, token, method, url, body string, status int) map[string]any {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	res, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		t.Fatalf("%s %s: %s, want %d\n%s %v", method, url, res.Status, status, text, err)
	}
	out := map[string]any{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// status asks for a path of the app as its page would.
func status(t *testing.T, p *stage.Person, path string) int {
	t.Helper()
	q, err := p.Get(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

// wait asks until the answer is wanted, and returns how long that took.
func wait(t *testing.T, what string, done func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for ; !done(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("%s: not within a minute", what)
		}
	}
	return time.Since(began)
}

// TestDirectory lets a provisioning client push people while they work: a policy about a group that was pushed applies
// in the gateway, and whoever is disabled is cut.
func TestDirectory(t *testing.T) {
	t.Parallel()
	s := open(t, stage.Options{App: newApp(), People: 2, Policies: peoplePolicies})
	start(t, s)
	admin, err := s.Token()
	if err != nil {
		t.Fatal(err)
	}
	client := s.Client()
	t.Cleanup(client.CloseIdleConnections)
	api := s.API("/api/v2/tenants/demo")
	source := call(t, client, admin, "POST", api+"/directory/sources", `{"id":"hr","kind":"scim"}`, 201)
	token := call(t, client, admin, "POST", api+"/directory/sources/hr/tokens", `{"name":"test"}`, 201)
	hr := &pusher{t, client, source["url"].(string), token["secret"].(string)}
	call(t, client, admin, "GET", hr.url+"/Users", "", 401) // an administrator's token is none of the source

	push := func(i string) string {
		return hr.send("POST", "/Users", `{"userName":"person`+i+`.demo","externalId":"person`+i+`.demo","displayName":"Person `+i+`"}`, 201)["id"].(string)
	}
	first, second := push("0"), push("1")
	group := hr.send("POST", "/Groups", `{"displayName":"Contractors","members":[{"value":"`+first+`"}]}`, 201)["id"].(string)

	one, two := signIn(t, s, "demo", 0), signIn(t, s, "demo", 1)
	if got := status(t, one, "/get/a/1000/plan.pdf"); got != http.StatusForbidden {
		t.Errorf("a contractor's download: %d", got)
	}
	if got := status(t, two, "/get/b/1000/plan.pdf"); got != http.StatusOK {
		t.Errorf("somebody else's download: %d", got)
	}
	// Groups change in the middle of the session, directly and through another group.
	hr.send("POST", "/Groups", `{"displayName":"Partners","members":[{"value":"`+second+`"}]}`, 201)
	partners := hr.send("GET", `/Groups?filter=displayName+eq+"Partners"`, "", 200)["Resources"].([]any)[0].(map[string]any)["id"].(string)
	hr.send("PATCH", "/Groups/"+group, `{"Operations":[{"op":"Remove","path":"members[value eq \"`+first+`\"]"},{"op":"Add","path":"members","value":[{"value":"`+partners+`"}]}]}`, 204)
	joined := wait(t, "a new member's download is blocked", func() bool { return status(t, two, "/get/c/1000/plan.pdf") == http.StatusForbidden })
	left := wait(t, "a former member's download passes", func() bool { return status(t, one, "/get/d/1000/plan.pdf") == http.StatusOK })

	// What policies see is told with its source.
	who := call(t, client, admin, "GET", api+"/directory/users/person1.demo", "", 200)
	var names []string
	for _, f := range who["facts"].([]any) {
		names = append(names, f.(map[string]any)["source"].(string)+" "+f.(map[string]any)["value"].(string))
	}
	if !slices.Contains(names, "hr Contractors") || !slices.Contains(names, "hr Partners") {
		t.Errorf("facts %v", names)
	}
	supposed := call(t, client, admin, "POST", api+"/conditional-access/whatif", `{"user":{"username":"person1.demo"},"app":"onedrive","place":{},"device":{}}`, 200)
	if supposed["directory"] == nil {
		t.Errorf("what-if knows nothing of the directory: %v", supposed)
	}

	// Disabled in the middle of a transfer.
	q, err := one.Get(t.Context(), "/get/e/1000000000000/endless.bin")
	if err != nil {
		t.Fatal(err)
	}
	res, err := one.Client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.CopyN(io.Discard, res.Body, 1<<20); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", res.Status, err)
	}
	cut := make(chan time.Time, 1)
	go func() {
		_, _ = io.Copy(io.Discard, res.Body) // ends with the cut
		cut <- time.Now()
	}()
	asked := time.Now()
	hr.send("PATCH", "/Users/"+first, `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`, 200)
	answered := time.Now()
	if got := status(t, one, "/plain/x"); got == http.StatusOK {
		t.Errorf("a disabled person's next request: %d", got)
	}
	var after time.Duration
	select {
	case at := <-cut:
		after = at.Sub(asked)
	case <-time.After(time.Minute):
		t.Error("the transfer of a disabled person goes on")
	}
	if _, err := s.SignIn(t.Context(), "demo", 0); err == nil {
		t.Error("a disabled person signs in")
	}
	if got := status(t, two, "/plain/x"); got != http.StatusOK {
		t.Errorf("somebody else's request: %d", got)
	}
	report(t, "a group joined counts after %v, one left after %v; active=false is answered after %v and a transfer is cut %v after it was sent", joined, left, answered.Sub(asked), after)

	hr.send("PATCH", "/Users/"+first, `{"Operations":[{"op":"replace","value":{"active":true}}]}`, 200)
	again := signIn(t, s, "demo", 0)
	hr.send("DELETE", "/Users/"+first, "", 204)
	if got := status(t, again, "/plain/x"); got == http.StatusOK {
		t.Errorf("a deleted person's request: %d", got)
	}
	if _, err := s.SignIn(t.Context(), "demo", 0); err == nil {
		t.Error("a deleted person signs in")
	}

	// All of it is on record.
	for what, want := range map[string]func(model.Activity) bool{
		"users pushed": func(a model.Activity) bool {
			return a.ActionType == "directory.user.add" && a.Outcome == model.OutcomeComplete
		},
		"who changed": func(a model.Activity) bool {
			return a.ActionType == "directory.user.update" && a.Outcome == model.OutcomeComplete
		},
		"sessions ended":   func(a model.Activity) bool { return a.Type == model.ActivityLogout && a.User.ID != "" },
		"sign-ins refused": func(a model.Activity) bool { return a.Type == model.ActivityFailedLogin },
	} {
		n := 0
		wait(t, what, func() bool {
			acts, err := activities(context.WithoutCancel(t.Context()), s, "demo", model.ActivityAdmin, model.ActivityLogout, model.ActivityFailedLogin)
			if err != nil {
				t.Fatal(err)
			}
			n = count(acts, want)
			return n >= 2
		})
		if n != 2 {
			t.Errorf("%s: %d records", what, n)
		}
	}
}

// graphDouble is as much of Entra as one reading needs: one user in a group, who is disabled at the second reading.
type graphDouble struct {
	url string
	off atomic.Bool
}

func (g *graphDouble) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	send := func(text string) { _, _ = io.WriteString(w, strings.ReplaceAll(text, "$URL", g.url)) }
	again := r.URL.Query().Get("$deltatoken") != ""
	switch {
	case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") && r.FormValue("client_secret") == "s3cret":
		send(`{"token_type":"Bearer","expires_in":3599,"access_token":"at-1"}`)
	case r.Header.Get("Authorization") != "Bearer at-1":
		w.WriteHeader(http.StatusUnauthorized)
		send(`{"error":"invalid_client"}`)
	case r.URL.Path == "/v1.0/users/delta" && !again:
		send(`{"value":[{"id":"person0.demo","userPrincipalName":"person0.demo","accountEnabled":true}],"@odata.deltaLink":"$URL/v1.0/users/delta?$deltatoken=1"}`)
	case r.URL.Path == "/v1.0/users/delta" && g.off.Load():
		send(`{"value":[{"id":"person0.demo","accountEnabled":false}],"@odata.deltaLink":"$URL/v1.0/users/delta?$deltatoken=2"}`)
	case r.URL.Path == "/v1.0/groups/delta" && !again:
		send(`{"value":[{"id":"Contractors","displayName":"x","members@delta":[{"@odata.type":"#microsoft.graph.user","id":"person0.demo"}]}],"@odata.deltaLink":"$URL/v1.0/groups/delta?$deltatoken=1"}`)
	case strings.HasSuffix(r.URL.Path, "/delta"):
		send(`{"value":[],"@odata.deltaLink":"$URL` + r.URL.Path + `?$deltatoken=3"}`)
	case r.URL.Path == "/v1.0/directoryRoles":
		send(`{"value":[]}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
		send(`{"error":{"code":"BadRequest"}}`)
	}
}

// TestDirectoryFromGraph reads a directory from Microsoft Graph (a double of it): a policy about a group applies, and
// who is disabled there is cut with the next reading.
func TestDirectoryFromGraph(t *testing.T) {
	t.Parallel()
	s := open(t, stage.Options{App: newApp(), Policies: peoplePolicies})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own
	if err != nil {
		t.Fatal(err)
	}
	g := &graphDouble{url: fmt.Sprintf("https://graph.localhost:%d", l.Addr().(*net.TCPAddr).Port)}
	server := &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second, TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(i *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.CA.Certificate(i.ServerName, false) }}}
	go func() { _ = server.ServeTLS(l, "", "") }()
	t.Cleanup(func() { _ = server.Close() })
	secret := filepath.Join(t.TempDir(), "graph.secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	admin, err := s.Token()
	if err != nil {
		t.Fatal(err)
	}
	client := s.Client()
	t.Cleanup(client.CloseIdleConnections)
	api := s.API("/api/v2/tenants/demo/directory/sources")
	call(t, client, admin, "POST", api, fmt.Sprintf(`{"id":"entra","kind":"graph","graph":{"tenant":"demo.example","clientId":"app","secretFile":%q,"login":%q,"graph":%q}}`, secret, g.url, g.url+"/v1.0"), 201)
	var state map[string]any
	wait(t, "the first reading", func() bool {
		source := call(t, client, admin, "GET", api, "", 200)["items"].([]any)[0].(map[string]any)
		state = source["sync"].(map[string]any)
		return state["finished"] != nil && source["users"] == 1.0 && source["groups"] == 1.0
	})
	one := signIn(t, s, "demo", 0)
	if got := status(t, one, "/get/a/1000/plan.pdf"); got != http.StatusForbidden {
		t.Errorf("a contractor's download: %d, %v", got, state)
	}
	if got := status(t, one, "/plain/x"); got != http.StatusOK {
		t.Errorf("an ordinary request: %d", got)
	}
	g.off.Store(true)
	call(t, client, admin, "POST", api+"/entra/sync", `{}`, 200)
	wait(t, "who is disabled is cut", func() bool { return status(t, one, "/plain/x") != http.StatusOK })
	if _, err := s.SignIn(t.Context(), "demo", 0); err == nil {
		t.Error("a disabled person signs in")
	}
}

func count(acts []model.Activity, match func(model.Activity) bool) int {
	n := 0
	for _, a := range acts {
		if match(a) {
			n++
		}
	}
	return n
}
