package smuggle

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/test/stage"
)

func TestMain(m *testing.M) {
	stage.Child()
	os.Exit(m.Run())
}

// policies send everybody through the gateway; what is asked for here is no file.
const policies = `
kind: ConditionalAccess
id: route
name: Route everybody
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`

// target is a proxy under test.
type target struct {
	name    string
	record  *recorder
	dial    func(http2 bool) (net.Conn, error)
	host    string // with port
	other   string // another tenant's
	cookie  string // line with its end, "" none
	app     string // what the app must see as Host; "" not checked
	referee bool
}

// outcome is what came of one case at one target.
type outcome struct {
	status   []int // of the answers, in order
	closed   bool  // by the target
	requests []*message
	wrong    []string // what broke a rule
}

// String is a cell of the table: answers, then how many requests arrived.
func (o outcome) String() string {
	var b strings.Builder
	for i, s := range o.status {
		if i == 3 {
			b.WriteString("…")
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(s))
	}
	if len(o.status) == 0 {
		b.WriteString(map[bool]string{true: "closed", false: "silent"}[o.closed])
	}
	if len(o.requests) > 0 {
		fmt.Fprintf(&b, " →%d", len(o.requests))
	}
	if len(o.wrong) > 0 {
		b.WriteString(" !" + strings.Join(o.wrong, "; "))
	}
	return b.String()
}

// openTargets starts Referee and its peers.
func openTargets(t *testing.T) ([]*target, []string) {
	t.Helper()
	r := newRecorder()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := stage.New(stage.Options{Dir: t.TempDir(), Tenants: []model.TenantID{"demo", "other"}, Origin: l.Addr().String(), Policies: policies})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	go r.serve(tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(i *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.CA.Certificate(i.ServerName, false) },
	}))
	t.Cleanup(func() { r.close(l) })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	child, err := s.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := child.Stop(); err != nil {
			t.Errorf("Referee did not end in order: %v", err)
		}
	})
	p, err := s.SignIn(ctx, "demo", 0)
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(p.Host, ":")
	all := []*target{{
		name: "Referee", record: r, host: p.Host, other: s.Mapped("other"), cookie: "Cookie: " + stage.CookieHeader(p.Cookie()) + "\r\n", app: stage.App, referee: true,
		dial: func(http2 bool) (net.Conn, error) {
			proto := "http/1.1"
			if http2 {
				proto = "h2"
			}
			return tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port), &tls.Config{RootCAs: s.CA.RootPool(), ServerName: name, NextProtos: []string{proto}})
		},
	}}
	peers, missing := startPeers(t)
	for _, p := range peers {
		all = append(all, &target{name: p.name, record: p.record, host: "app.test:80", other: "other.test:80", dial: func(http2 bool) (net.Conn, error) {
			if http2 {
				return net.Dial("tcp", p.http2)
			}
			return net.Dial("tcp", p.http1)
		}})
	}
	return all, missing
}

// bytesOf makes a case's bytes for a target.
func (g *target) bytesOf(c rawCase, id string) string {
	name, port, _ := strings.Cut(g.host, ":")
	n, _ := strconv.Atoi(port)
	inner := fill("{S}", g.host, g.cookie, id)
	raw := strings.NewReplacer("{L5}", strconv.Itoa(len(inner)+5), "{L}", strconv.Itoa(len(inner)), "{X}", strconv.FormatInt(int64(len(inner)), 16),
		"{N}", name, "{P+}", strconv.Itoa(n+65536), "{P}", port, "{HU}", strings.ToUpper(g.host), "{O}", g.other).Replace(c.raw)
	return fill(raw, g.host, g.cookie, id)
}

// How long a case may take: until the first answer, then until nothing more comes.
const (
	firstAnswer = 1500 * time.Millisecond
	nothingMore = 60 * time.Millisecond
)

// try sends one case and reads what comes.
func (g *target) try(t *testing.T, c rawCase, id string) outcome {
	t.Helper()
	g.record.begin(id)
	conn, err := g.dial(false)
	if err != nil {
		t.Fatalf("%s: %v", g.name, err)
	}
	defer conn.Close()
	var o outcome
	go conn.Write([]byte(g.bytesOf(c, id))) //nolint:errcheck // whoever refuses early closes early
	in := bufio.NewReader(conn)
	wait := firstAnswer
	for {
		conn.SetReadDeadline(time.Now().Add(wait)) //nolint:errcheck // a loopback connection
		method := "GET"
		if strings.Contains(c.raw, "HEAD ") {
			method = "HEAD"
		}
		res, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			var timeout net.Error
			o.closed = !errors.As(err, &timeout) || !timeout.Timeout()
			break
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		o.status = append(o.status, res.StatusCode)
		if err != nil {
			break
		}
		if res.StatusCode >= 200 {
			wait = nothingMore
		}
	}
	conn.Close()
	g.judge(&o, id, c.want, max(c.max, 1))
	return o
}

// judge looks at what arrived at the app.
func (g *target) judge(o *outcome, id string, w want, most int) {
	a := g.record.result(id)
	o.requests, o.wrong = a.requests, a.violations
	wrong := func(format string, args ...any) { o.wrong = append(o.wrong, fmt.Sprintf(format, args...)) }
	if len(o.requests) > most {
		wrong("%d requests", len(o.requests))
	}
	if !g.referee {
		return
	}
	for _, m := range o.requests {
		if m.fields["host"][0] != g.app {
			wrong("Host %q", m.fields["host"])
		}
		if strings.Contains(strings.Join(m.fields["cookie"], ";"), "__Host-referee") {
			wrong("the session cookie reached the app")
		}
		if most == 1 && strings.HasPrefix(m.target, "/smuggled/") {
			wrong("a request hidden in another arrived")
		}
	}
	switch {
	case w == mustRefuse && len(o.requests) > 0:
		wrong("not refused")
	case w == mustRefuse && len(o.status) > 0 && o.status[0] < 300:
		wrong("answered as if it had been good")
	case w == mustPass && len(o.requests) != most:
		wrong("%d requests of %d arrived", len(o.requests), most)
	}
}

// TestHTTP1 sends every case to every target.
func TestHTTP1(t *testing.T) {
	targets, missing := openTargets(t)
	cases := rawCases()
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = c.name
	}
	table := newTable("HTTP/1.1", targets, missing, names)
	var all sync.WaitGroup
	for col, g := range targets {
		all.Go(func() {
			for row, c := range cases {
				table.set(row, col, g.try(t, c, fmt.Sprintf("case-%d-", row)))
			}
		})
	}
	all.Wait()
	table.report(t)
	t.Run("HTTP2", func(t *testing.T) { testHTTP2(t, targets, missing) })
}
