package graph_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/directory/graph"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/clock"
	"github.com/referee-casb/referee/internal/msgraph"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
)

// world is a source that is read, and the directory it is read from.
type world struct {
	*entra
	t       testing.TB
	db      *sqlite.DB
	clock   *clock.Clock
	refused []directory.ID
	waited  []time.Duration
	secret  func() (string, error)
	cert    func() ([]byte, error)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: clock.Running(time.Now), secret: func() (string, error) { return "s3cret", nil }}
	w.entra = newEntra(t, w.clock.Now)
	var err error
	if w.db, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Options{Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	for _, id := range []model.TenantID{"contoso", "fabrikam"} {
		if _, err := w.db.PutTenant(t.Context(), tenant.Tenant{ID: id, Name: string(id)}); err != nil {
			t.Fatal(err)
		}
	}
	s := directory.Source{ID: "entra", Tenant: "contoso", Kind: directory.KindGraph, Provider: "entra", Created: w.clock.Now(), Graph: &directory.Graph{Tenant: "x", ClientID: "x", SecretFile: "/x"}}
	if err := w.db.AddSource(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return w
}

// reader makes one as a process that starts does.
func (w *world) reader() *graph.Reader {
	w.t.Helper()
	c, err := msgraph.New(msgraph.Config{
		Tenant: "contoso.onmicrosoft.com", ClientID: "app", Secret: w.secret, Certificate: w.cert, Login: w.URL, Graph: w.URL + "/v1.0", HTTP: w.Client(), Now: w.clock.Now,
		Wait: func(_ context.Context, d time.Duration) error { w.waited = append(w.waited, d); return nil },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return &graph.Reader{
		Tenant: "contoso", Source: "entra", Created: w.source().Created, Graph: c, Store: w.db, Sources: w.db, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler),
		Changed: func(_ context.Context, _ model.TenantID, refused []directory.User) error {
			for _, u := range refused {
				w.refused = append(w.refused, u.ID)
			}
			return nil
		},
	}
}

func (w *world) round() {
	w.t.Helper()
	if err := w.reader().Round(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) source() directory.Source {
	w.t.Helper()
	s, err := w.db.Source(w.t.Context(), "contoso", "entra")
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// groupsOf are the names of a user's groups and roles.
func (w *world) groupsOf(id directory.ID) string {
	w.t.Helper()
	all, err := w.db.GroupsOf(w.t.Context(), "contoso", "entra", id)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, g := range all {
		names = append(names, g.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (w *world) live() string {
	w.t.Helper()
	all, err := w.db.Users(w.t.Context(), "contoso", directory.Query{})
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for _, u := range all {
		ids = append(ids, string(u.ID))
	}
	return strings.Join(ids, " ")
}

// fill makes ten people, two groups in one another, and a role.
func (w *world) fill() {
	for i := range 10 {
		w.put("users", fmt.Sprint("u", i), map[string]any{"userPrincipalName": fmt.Sprintf("u%d@contoso.com", i), "displayName": fmt.Sprint("User ", i), "mail": nil, "onPremisesImmutableId": fmt.Sprintf("anchor%d==", i), "accountEnabled": true, "userType": "Member"})
	}
	w.put("groups", "g1", map[string]any{"displayName": "Staff"})
	w.put("groups", "g2", map[string]any{"displayName": "Board"})
	for i := range 7 {
		w.join("g1", fmt.Sprint("u", i), "user")
	}
	w.join("g2", "u8", "user")
	w.join("g1", "g2", "group")
	w.join("g1", "d1", "device")
	w.roles["r1"] = []string{"u0", "g2"}
}

func TestRounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	w.round()
	s := w.source().Sync
	if got := w.live(); got != "u0 u1 u2 u3 u4 u5 u6 u7 u8 u9" || s.Phase != "" || s.Full || s.Finished.IsZero() || s.Pages < 6 || s.Error != "" || s.UserDelta == "" || s.GroupDelta == "" {
		t.Errorf("%s, %+v", got, s)
	}
	for id, want := range map[directory.ID]string{"u0": "Role r1, Staff", "u6": "Staff", "u7": "", "u8": "Board, Role r1, Staff", "d1": "Staff"} {
		if id == "d1" {
			want = "" // a device is nobody
		}
		if got := w.groupsOf(id); got != want {
			t.Errorf("%s is in %q, want %q", id, got, want)
		}
	}
	role, err := w.db.Group(t.Context(), "contoso", "entra", "r1")
	if err != nil || !role.Role || !slices.Equal(role.Names(directory.KindGraph), []string{"template-r1", "Role r1"}) {
		t.Errorf("role %+v, %v", role, err)
	}
	staff, err := w.db.Group(t.Context(), "contoso", "entra", "g1")
	if err != nil || !slices.Equal(staff.Names(directory.KindGraph), []string{"g1"}) {
		t.Errorf("a group is called %v: people name their own groups, %v", staff.Names(directory.KindGraph), err)
	}

	// What has changed, and nothing else.
	w.put("users", "u1", map[string]any{"accountEnabled": false})
	w.put("users", "u2", map[string]any{"displayName": "Renamed", "mail": "two@contoso.com"})
	w.remove("users", "u3")
	w.put("users", "x1", map[string]any{"userPrincipalName": "x_fabrikam.com#EXT#@contoso.onmicrosoft.com", "userType": "Guest", "accountEnabled": true})
	w.leave("g1", "u4")
	w.join("g2", "u5", "user")
	w.put("groups", "g3", map[string]any{"displayName": "New"})
	w.join("g3", "u9", "user")
	w.roles["r1"] = []string{"u9"}
	w.asked = nil
	w.clock.Advance(time.Hour)
	w.round()
	if got := w.live(); got != "u0 u1 u2 u4 u5 u6 u7 u8 u9 x1" {
		t.Errorf("users %s", got)
	}
	if slices.Sort(w.refused); !slices.Equal(w.refused, []directory.ID{"u1", "u3"}) {
		t.Errorf("refused %v", w.refused)
	}
	for id, want := range map[directory.ID]string{"u0": "Staff", "u4": "", "u5": "Board, Staff", "u9": "New, Role r1", "u3": ""} {
		if got := w.groupsOf(id); got != want {
			t.Errorf("%s is in %q, want %q", id, got, want)
		}
	}
	two, err := w.db.User(t.Context(), "contoso", "entra", "u2")
	if err != nil || two.Name != "Renamed" || two.Username != "u2@contoso.com" || two.ImmutableID != "anchor2==" || two.Email != "two@contoso.com" || !two.Active || two.Guest == nil || *two.Guest {
		t.Errorf("what was not told is lost: %+v, %v", two, err)
	}
	guest, err := w.db.User(t.Context(), "contoso", "entra", "x1")
	if err != nil || guest.GuestType != model.GuestB2BCollaboration || guest.Guest == nil || !*guest.Guest {
		t.Errorf("guest %+v, %v", guest, err)
	}
	w.put("users", "x1", map[string]any{"userType": "Member"})
	w.put("users", "u3", map[string]any{"userPrincipalName": "u3@contoso.com", "accountEnabled": true}) // restored
	w.round()
	guest, err = w.db.User(t.Context(), "contoso", "entra", "x1")
	if err != nil || guest.GuestType != model.GuestB2BMember {
		t.Errorf("guest %+v, %v", guest, err)
	}
	if three, err := w.db.User(t.Context(), "contoso", "entra", "u3"); err != nil || !three.MayStay() {
		t.Errorf("restored %+v, %v", three, err)
	}
	if list, err := w.db.Users(t.Context(), "fabrikam", directory.Query{Deleted: true}); err != nil || len(list) != 0 {
		t.Errorf("another tenant has %v, %v", list, err)
	}
}

// TestResume stops a round in its middle. A new process goes on with the page that comes next.
func TestResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	n := 0
	w.fail = func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/delta") {
			if n++; n == 3 || n == 7 {
				refuse(rw, http.StatusForbidden, "Authorization_RequestDenied")
				return true
			}
		}
		return false
	}
	if err := w.reader().Round(t.Context()); !fault.Is(err, fault.Denied) {
		t.Fatalf("%v", err)
	}
	s := w.source().Sync
	if s.Phase != "users" || s.Pages != 2 || s.Failures != 1 || !strings.Contains(s.Error, "Authorization_RequestDenied") || len(strings.Fields(w.live())) != 6 {
		t.Errorf("%+v, %s", s, w.live())
	}
	w.asked = nil
	if err := w.reader().Round(t.Context()); !fault.Is(err, fault.Denied) {
		t.Fatalf("%v", err)
	}
	if s = w.source().Sync; s.Phase != "groups" || s.Failures != 2 {
		t.Errorf("%+v", s)
	}
	w.round()
	if s = w.source().Sync; s.Phase != "" || s.Failures != 0 || s.Error != "" || s.Items != 10+2+6 { // users, groups, and pieces of their members
		t.Errorf("read twice, or not at all: %+v", s)
	}
	if got := w.groupsOf("u8"); got != "Board, Role r1, Staff" {
		t.Errorf("u8 is in %s", got)
	}
}

// TestForgotten lets Graph forget where the reader was (410): everything is read anew, and who is not there any more
// goes.
func TestForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	w.round()
	w.remove("users", "u9")
	w.remove("groups", "g2")
	w.leave("g1", "u0")
	delete(w.roles, "r1")
	w.stale = 1 << 20
	first := w.source().Sync.Generation
	w.round()
	if s := w.source().Sync; !s.Full || s.Phase != "users" || s.Pages != 0 {
		t.Errorf("changes became a reading of everything in their own place: %+v", s)
	}
	w.round()
	s := w.source().Sync
	if got := w.live(); got != "u0 u1 u2 u3 u4 u5 u6 u7 u8" || s.Generation != first+1 || s.Phase != "" {
		t.Errorf("%s, %+v", got, s)
	}
	for id, want := range map[directory.ID]string{"u0": "", "u1": "Staff", "u8": ""} {
		if got := w.groupsOf(id); got != want {
			t.Errorf("%s is in %q, want %q", id, got, want)
		}
	}
	if gone, err := w.db.User(t.Context(), "contoso", "entra", "u9"); err != nil || gone.MayStay() {
		t.Errorf("%+v, %v", gone, err)
	}
	// A reading of everything on demand does the same.
	w.stale = 0
	if _, err := w.db.UpdateSource(t.Context(), "contoso", "entra", func(s *directory.Source) error { s.Sync.Asked, s.Sync.AskFull = w.clock.Now(), true; return nil }); err != nil {
		t.Fatal(err)
	}
	w.round()
	if s = w.source().Sync; s.Generation != first+2 || s.AskFull {
		t.Errorf("%+v", s)
	}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	n := 0
	w.fail = func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/users/delta") {
			if n++; n == 2 {
				rw.Header().Set("Retry-After", "17")
				refuse(rw, http.StatusTooManyRequests, "TooManyRequests")
				return true
			}
		}
		return false
	}
	w.round()
	if !slices.Equal(w.waited, []time.Duration{17 * time.Second}) || len(strings.Fields(w.live())) != 10 {
		t.Errorf("waited %v, %s", w.waited, w.live())
	}
}

// TestPermissions tells what is missing.
func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.reader().Round(t.Context()); !fault.Is(err, fault.Denied) || !strings.Contains(w.source().Sync.Error, "User.Read.All") {
		t.Errorf("an empty directory: %v", err) // would lock everybody out
	}
	w.fill()
	w.round()
	w.fail = func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/directoryRoles") {
			refuse(rw, http.StatusForbidden, "Authorization_RequestDenied")
			return true
		}
		return false
	}
	if _, err := w.db.UpdateSource(t.Context(), "contoso", "entra", func(s *directory.Source) error { s.Sync.AskFull = true; return nil }); err != nil {
		t.Fatal(err)
	}
	w.round()
	if s := w.source().Sync; !strings.Contains(s.Warning, "RoleManagement.Read.Directory") || w.groupsOf("u0") != "Role r1, Staff" {
		t.Errorf("%+v, u0 is in %s", s, w.groupsOf("u0"))
	}
	w.fail = nil
	w.secret = func() (string, error) { return "expired", nil }
	if err := w.reader().Round(t.Context()); !fault.Is(err, fault.Unauthenticated) || !strings.Contains(w.source().Sync.Error, "AADSTS7000215") {
		t.Errorf("a wrong secret: %v, %+v", err, w.source().Sync)
	}
	for answer, want := range map[string]string{
		`{"value":[{"displayName":"x"}],"@odata.deltaLink":"$/x"}`: "without an id", `{"value":[{"id":"u1","accountEnabled":"maybe"}],"@odata.deltaLink":"$/x"}`: "accountEnabled",
		`{"value":[]}`: "leads nowhere", `{"value":[],"@odata.nextLink":"https://evil.example/x"}`: "away from Graph", `<html>`: "not a list",
	} {
		w := newWorld(t)
		w.fail = func(rw http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/users/delta") {
				_, _ = rw.Write([]byte(strings.ReplaceAll(answer, "$", w.URL+"/v1.0")))
				return true
			}
			return false
		}
		if err := w.reader().Round(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// TestCertificate signs in with a certificate in place of a secret.
func TestCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	small, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	file := func(public, private any) []byte {
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Referee"}, NotBefore: w.clock.Now().Add(-time.Hour), NotAfter: w.clock.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		_ = pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: raw})
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der})
		return b.Bytes()
	}
	right := file(&key.PublicKey, key)
	for b := right; len(b) > 0; {
		var block *pem.Block
		if block, b = pem.Decode(b); block.Type == "CERTIFICATE" {
			if w.entra.cert, err = x509.ParseCertificate(block.Bytes); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.secret = nil
	for name, text := range map[string][]byte{"no key": []byte("x"), "another kind of key": file(&small.PublicKey, small)} {
		w.cert = func() ([]byte, error) { return text, nil }
		if err := w.reader().Round(t.Context()); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	wrong := file(&other.PublicKey, other)
	w.cert = func() ([]byte, error) { return wrong, nil }
	if err := w.reader().Round(t.Context()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("another certificate: %v", err)
	}
	w.cert = func() ([]byte, error) { return right, nil }
	w.round()
	if len(strings.Fields(w.live())) != 10 {
		t.Errorf("users %s", w.live())
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, c := range []struct {
		name string
		sync directory.Sync
		want bool
	}{
		{"never read", directory.Sync{}, true},
		{"just read", directory.Sync{Began: ago(time.Minute), Finished: ago(time.Minute)}, false},
		{"read a while ago", directory.Sync{Began: ago(time.Hour), Finished: ago(graph.Every)}, true},
		{"asked for", directory.Sync{Began: ago(time.Minute), Finished: ago(time.Minute), Asked: now}, true},
		{"interrupted", directory.Sync{Began: ago(time.Minute), Phase: "groups"}, true},
		{"failed just now", directory.Sync{Phase: "users", Failures: 1, Failed: ago(time.Second)}, false},
		{"failed a minute ago", directory.Sync{Phase: "users", Failures: 1, Failed: ago(time.Minute)}, true},
		{"failed again", directory.Sync{Failures: 3, Failed: ago(3 * time.Minute)}, false},
		{"failed often", directory.Sync{Failures: 99, Failed: ago(59 * time.Minute)}, false},
		{"failed often, an hour ago", directory.Sync{Failures: 99, Failed: ago(time.Hour)}, true},
		{"failed, and asked for", directory.Sync{Failures: 99, Failed: ago(time.Minute), Asked: now}, true},
	} {
		if got := graph.Due(&directory.Source{Kind: directory.KindGraph, Sync: c.sync}, now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if graph.Due(&directory.Source{Kind: directory.KindSCIM}, now) {
		t.Error("a source that is pushed is due")
	}
}

// pages gives the same answer to every question.
type pages struct{ value []json.RawMessage }

func (p pages) Page(_ context.Context, at string) (msgraph.Page, error) {
	if strings.Contains(at, "delta") {
		return msgraph.Page{Value: p.value, Delta: "https://graph.example/delta"}, nil
	}
	return msgraph.Page{Value: p.value}, nil
}

// FuzzPage reads anything as users, groups and roles.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`[{"id":"u1","userPrincipalName":"x","accountEnabled":null}]`))
	f.Add([]byte(`[{"id":"g1","members@delta":[{"id":"u1","@odata.type":"#microsoft.graph.user"},{"id":"g1","@odata.type":"#microsoft.graph.group","@removed":{}}]},{"id":"g1","@removed":{"reason":"deleted"}}]`))
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		var value []json.RawMessage
		if json.Unmarshal(text, &value) != nil || len(value) > 20 {
			return
		}
		w := *w
		w.t = t
		r := w.reader()
		r.Graph = pages{value}
		_ = r.Round(t.Context())
		if kind := fault.KindOf(r.Round(t.Context())); kind == fault.Conflict {
			t.Errorf("%s: %v", text, kind)
		}
	})
}
