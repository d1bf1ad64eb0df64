package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/cli"
	"github.com/referee-casb/referee/internal/clock"
	"github.com/referee-casb/referee/node"
)

// badDay is a demo whose provider a test can stop, and whose clock it can move.
type badDay struct {
	*stage
	facts        Facts
	stopProvider context.CancelFunc
}

func newBadDay(t *testing.T) *badDay {
	t.Helper()
	d := &badDay{stage: &stage{
		opt:   Options{Data: t.TempDir(), Port: -1, Block: true, Out: io.Discard, Log: slog.New(slog.DiscardHandler)},
		clock: clock.Running(time.Now), listeners: map[string]net.Listener{},
	}}
	if err := d.set(t.Context()); err != nil {
		t.Fatal(errors.Join(err, d.close()))
	}
	d.facts = d.stage.facts()
	ctx, cancel := context.WithCancel(context.Background())
	var providerCtx context.Context
	providerCtx, d.stopProvider = context.WithCancel(ctx)
	done := make(chan error, 3)
	go func() { done <- d.node.Run(ctx) }()
	go func() { done <- d.serve(providerCtx, "provider", d.provider) }()
	go func() { done <- d.serve(ctx, "app", d.app) }()
	t.Cleanup(func() {
		cancel()
		for range 3 {
			if err := <-done; err != nil {
				t.Errorf("a part ended with %v", err)
			}
		}
		if err := d.close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// run runs a command line that links what the binary links.
func (d *badDay) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := cli.New(cli.Functions{Out: &out, Recover: func(ctx context.Context, o cli.RecoverOptions) (cli.Recovered, error) {
		r, err := node.Recover(ctx, node.Recovery{Config: o.Config, Data: o.Data, Tenant: o.Tenant, Reason: o.Reason, For: o.For, Now: d.clock.Now})
		return cli.Recovered{ID: r.ID, Tenant: r.Tenant, By: r.By, Expires: r.Expires, TokenFile: r.TokenFile}, err
	}})
	c.SetArgs(append(args, "--data", d.opt.Data))
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func (d *badDay) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := d.run(t, args...)
	if err != nil {
		t.Fatalf("referee %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// eventually runs a command until its answer holds all the words.
func (d *badDay) eventually(t *testing.T, args []string, words ...string) {
	t.Helper()
	missing := words
	out := ""
	for end := time.Now().Add(60 * time.Second); len(missing) > 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		text, err := d.run(t, args...)
		if out, missing = text, nil; err != nil {
			missing = words
		}
		for _, w := range words {
			if !strings.Contains(out, w) {
				missing = append(missing, w)
			}
		}
	}
	if len(missing) > 0 {
		t.Fatalf("referee %s does not say %q:\n%s", strings.Join(args, " "), missing, out)
	}
}

// forget takes a host's cookies whose names hold a word from a person's browser.
func (p *person) forget(host, word string) {
	at := &url.URL{Scheme: "https", Host: host, Path: "/"}
	for _, c := range p.client.Jar.Cookies(at) {
		if !strings.Contains(c.Name, word) {
			continue
		}
		p.client.Jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Path: "/", MaxAge: -1, Secure: true}})
	}
}

// TestBadDay goes through the worst: the provider is dead and the administrator's token is lost. The host makes a new
// one, with it the files app is taken out of session control, who is signed in reaches it directly, and all of it ends
// by itself and stands in the log.
func TestBadDay(t *testing.T) {
	d := newBadDay(t)
	f := d.facts
	director, err := newPerson("director", f.Accounts["director"], d.transport)
	if err != nil {
		t.Fatal(err)
	}
	if page, err := director.open(t.Context(), f.Link); err != nil || page.status != 200 || page.url.Host != f.MappedHosts["app"] {
		t.Fatalf("before: %v %d, %v", page.url, page.status, err)
	}
	d.stopProvider()
	if err := os.Remove(f.TokenFile); err != nil {
		t.Fatal(err)
	}
	if out, err := d.run(t, "status"); err == nil {
		t.Fatalf("without a token: %s", out)
	}
	contractor, err := newPerson("contractor", f.Accounts["contractor"], d.transport)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) { // until the provider is really gone
		page, err := contractor.open(t.Context(), f.Link)
		if err != nil || page.status >= 500 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("somebody signs in without the provider: %v %d", page.url, page.status)
		}
		contractor.client.Jar = nil
		if contractor, err = newPerson("contractor", f.Accounts["contractor"], d.transport); err != nil {
			t.Fatal(err)
		}
	}

	if out, err := d.run(t, "admin", "recover", "--reason", "why"); err == nil {
		t.Fatalf("without a reason: %s", out)
	}
	var made struct{ TokenFile string }
	if err := json.Unmarshal([]byte(d.must(t, "admin", "recover", "--json", "--for", "30m", "--reason", "provider dead, token lost")), &made); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(made.TokenFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the token's file: %v, %v", info, err)
	}
	as := func(args ...string) []string { return append(args, "--token-file", made.TokenFile) }
	d.must(t, as("breakglass", "bypass", "start", "--app", "files", "--for", "10m", "--reason", "the provider is dead, the board meets now")...)
	d.eventually(t, as("status"), "session control is OFF for app files", "administrator's token that was made on the host", "provider dead, token lost")

	for _, at := range []string{f.Link, "https://" + f.MappedHosts["app"] + "/"} {
		if page, err := director.open(t.Context(), at); err != nil || page.status != 200 || page.url.Host != f.Hosts["app"] {
			t.Fatalf("under the bypass %s led to %v %d, %v", at, page.url, page.status, err)
		}
	}
	if file, err := director.open(t.Context(), "https://"+f.Hosts["app"]+"/files/agenda/download"); err != nil || !file.saved() {
		t.Fatalf("the file at the app itself: %d, %v", file.status, err)
	}
	d.eventually(t, as("activity", "search", "--json"), "AdministratorRecovered", "bypass.start", "AccessGrantedByBypass", `"severity": "high"`)

	d.clock.Advance(11 * time.Minute)
	director.forget(d.at("referee", signinHost), "restart") // the browser's cookies don't follow the demo's clock
	director.forget(f.Hosts["app"], "")                     // the app's own session is the app's, and goes on until the app ends it
	if page, err := director.open(t.Context(), f.Link); err != nil || page.status != 200 || page.url.Host != f.MappedHosts["app"] {
		t.Fatalf("after its end: %v %d, %v", page.url, page.status, err)
	}
	if file, err := director.open(t.Context(), "https://"+f.MappedHosts["app"]+"/files/agenda/download"); err != nil || file.status != 403 {
		t.Fatalf("after its end a download gave %d, %v", file.status, err)
	}
	d.eventually(t, as("activity", "search", "--json"), "BypassEnded", "it ended by itself")
	d.clock.Advance(20 * time.Minute)
	if out, err := d.run(t, as("status")...); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("the recovery's token after its time: %v\n%s", err, out)
	}
}

// TestPlanOfTheDemo sees that the plan names what is really configured.
func TestPlanOfTheDemo(t *testing.T) {
	d := newBadDay(t)
	file := filepath.Join(t.TempDir(), "plan.md")
	d.must(t, "breakglass", "plan", "--file", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"breakglass1@demo.example", "## Demo files (`files`, sso, oidc)", "redirect URIs; set: `https://" + d.hosts.App + "/oidc/callback`",
		"issuer; now: `https://" + d.at("referee", signinHost) + "/demo`; set: `https://" + d.at("provider", loginHost) + "`", "client id; now: `files`",
		"https://" + d.facts.MappedHosts["app"] + "/`; set: `https://" + d.hosts.App + "/`", "Back to Referee",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the plan does not say %q:\n%s", want, text)
		}
	}
}
