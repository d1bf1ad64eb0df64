package acmedns

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/clock"
)

// bench is a manager with its real surroundings.
type bench struct {
	*Manager
	opt    Options
	clock  *clock.Clock
	log    *bytes.Buffer
	groups [][]string
	acme   *authority
	dns    string
}

const validity = 24 * time.Hour

func newBench(t *testing.T, groups ...[]string) *bench {
	t.Helper()
	b := &bench{clock: clock.Running(time.Now), log: &bytes.Buffer{}, groups: groups}
	b.dns = startNamed(t)
	b.acme = startPebble(t, b.dns, validity)
	b.opt = Options{
		Dir: filepath.Join(t.TempDir(), "acme"), Directory: b.acme.directory, Email: "admin@gate.example", Roots: b.acme.roots, Now: b.clock.Now,
		DNS:   DNS{Server: b.dns, Zone: zone, KeyName: keyName, Secret: keySecret},
		Names: func() [][]string { return b.groups }, Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
	b.open(t)
	return b
}

func (b *bench) open(t *testing.T) {
	t.Helper()
	var err error
	if b.Manager, err = Open(b.opt); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) leaf(t *testing.T, host string, exact bool) *x509.Certificate {
	t.Helper()
	c, err := b.Certificate(host, exact)
	if err != nil {
		t.Fatalf("%v\n%s", err, b.log)
	}
	return c.Leaf
}

func TestWildcard(t *testing.T) {
	t.Parallel()
	b := newBench(t, []string{"*.contoso." + zone, "*.login.contoso." + zone}, []string{"device." + zone})
	if _, err := b.Certificate("files.contoso."+zone, false); !fault.Is(err, fault.NotFound) {
		t.Errorf("before: %v", err)
	}
	b.Look(t.Context())
	leaf := b.leaf(t, "files.contoso."+zone, false)
	if !slices.Equal(leaf.DNSNames, []string{"*.contoso." + zone, "*.login.contoso." + zone}) {
		t.Errorf("names %v", leaf.DNSNames)
	}
	if got := b.leaf(t, "FILES.contoso."+zone, false); !got.Equal(leaf) {
		t.Error("host names have no case")
	}
	b.leaf(t, "a.login.contoso."+zone, false)
	if got := b.leaf(t, "device."+zone, true); !slices.Equal(got.DNSNames, []string{"device." + zone}) {
		t.Errorf("the device host's certificate names %v", got.DNSNames)
	}
	for _, host := range []string{"a.b.contoso." + zone, "contoso." + zone, "fabrikam." + zone, ""} {
		if _, err := b.Certificate(host, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q has a certificate", host)
		}
	}
	if _, err := b.Certificate("files.contoso."+zone, true); !fault.Is(err, fault.NotFound) {
		t.Error("a wildcard names no host exactly")
	}
	// The challenges are gone again.
	for _, name := range []string{"_acme-challenge.contoso.", "_acme-challenge.login.contoso.", "_acme-challenge.device."} {
		if rr, err := ask(t.Context(), b.dns, name+zone, dns.TypeTXT); err != nil || len(rr) != 0 {
			t.Errorf("%s left behind: %v, %v", name, rr, err)
		}
	}
	// Files are the owner's alone, and hold for the next start.
	entries, err := os.ReadDir(b.opt.Dir)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
	b.acme.stop()
	b.open(t)
	if got := b.leaf(t, "files.contoso."+zone, false); !got.Equal(leaf) {
		t.Error("another certificate after a restart")
	}
	b.log.Reset()
	if next := b.Look(t.Context()); next != lookEvery || b.log.Len() != 0 {
		t.Errorf("nothing is due, yet it worked: %v\n%s", next, b.log)
	}
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	b := newBench(t, []string{"*.contoso." + zone})
	b.Look(t.Context())
	first := b.leaf(t, "x.contoso."+zone, false)
	account := accountOf(t, b)
	b.clock.Advance(validity*2/3 - time.Minute)
	b.Look(t.Context())
	if got := b.leaf(t, "x.contoso."+zone, false); !got.Equal(first) {
		t.Fatal("renewed before a third of its life is left")
	}
	b.clock.Advance(2 * time.Minute)
	b.Look(t.Context())
	second := b.leaf(t, "x.contoso."+zone, false)
	if second.Equal(first) {
		t.Fatalf("not renewed\n%s", b.log)
	}
	if bytes.Equal(second.RawSubjectPublicKeyInfo, first.RawSubjectPublicKeyInfo) {
		t.Error("the key was used again")
	}
	if accountOf(t, b) != account {
		t.Error("another account was registered")
	}
	// An authority that has forgotten the account gets a new one, after a wait.
	b.acme.stop()
	b.acme.start()
	b.clock.Advance(validity * 2)
	b.Look(t.Context())
	if got := b.leaf(t, "x.contoso."+zone, false); !got.Equal(second) {
		t.Fatal("obtained with a forgotten account?")
	}
	b.clock.Advance(firstWait)
	b.Look(t.Context())
	if got := b.leaf(t, "x.contoso."+zone, false); got.Equal(second) {
		t.Errorf("not renewed with a new account\n%s", b.log)
	}
	if accountOf(t, b) == account {
		t.Error("the forgotten account is still in use")
	}
}

func accountOf(t *testing.T, b *bench) string {
	t.Helper()
	text, err := os.ReadFile(b.accountFile())
	if err != nil {
		t.Fatal(err)
	}
	var kept keptAccount
	if err := json.Unmarshal(text, &kept); err != nil || kept.Account.Location == "" {
		t.Fatalf("%s: %v", text, err)
	}
	return kept.Account.Location + string(kept.Key)
}

// TestRefusedUpdates: what a wrong DNS setting looks like to whoever reads the log.
func TestRefusedUpdates(t *testing.T) {
	t.Parallel()
	b := newBench(t, []string{"*.contoso." + zone})
	for name, c := range map[string]struct {
		change func(*DNS)
		want   string
	}{
		"wrong secret":       {func(d *DNS) { d.Secret = "d3Jvbmctd3JvbmctIQ==" }, "the secret of TSIG key referee-acme is not the one that the name server has"},
		"unknown key":        {func(d *DNS) { d.KeyName = "nobody" }, "does not know TSIG key nobody"},
		"another algorithm":  {func(d *DNS) { d.Algorithm = "hmac-sha512" }, "TSIG key"},
		"key without rights": {func(d *DNS) { d.KeyName = "other" }, "refused to change zone gate.example: REFUSED"},
		"another zone":       {func(d *DNS) { d.Zone = "other.example" }, "not authoritative for zone other.example"},
		"nobody there":       {func(d *DNS) { d.Server = "127.0.0.1:1" }, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			opt := b.opt
			opt.Dir = t.TempDir()
			var log bytes.Buffer
			opt.Log = slog.New(slog.NewTextHandler(&log, nil))
			c.change(&opt.DNS)
			m, err := Open(opt)
			if err != nil {
				t.Fatal(err)
			}
			start := b.clock.Now()
			wait := m.Look(t.Context())
			if wait != firstWait {
				t.Errorf("looks again in %v", wait)
			}
			if !strings.Contains(log.String(), c.want) {
				t.Errorf("the log says nothing of %q:\n%s", c.want, log.String())
			}
			if strings.Contains(log.String(), opt.DNS.Secret) {
				t.Error("the secret is in the log")
			}
			for _, w := range m.wait {
				if w.until.Sub(start) < firstWait || w.next != firstWait {
					t.Errorf("waits %+v", w)
				}
			}
		})
	}
}

// TestBackoff: failures wait longer each time, to a bound, and the authority is left alone meanwhile.
func TestBackoff(t *testing.T) {
	t.Parallel()
	now := clock.Standing(time.Now())
	groups := [][]string{{"a." + zone}}
	m, err := Open(Options{
		Dir: t.TempDir(), Directory: "https://127.0.0.1:1/dir", Now: now.Now, Names: func() [][]string { return groups },
		DNS: DNS{Server: "127.0.0.1:1", Zone: zone, KeyName: keyName, Secret: keySecret},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := firstWait
	for range 12 {
		if got := m.Look(t.Context()); got != min(want, lookEvery) {
			t.Fatalf("looks again in %v, want %v", got, min(want, lookEvery))
		}
		before := m.wait[groupKey([]string{"a." + zone})]
		if m.Look(t.Context()); m.wait[groupKey([]string{"a." + zone})] != before {
			t.Fatal("tried again at once")
		}
		now.Advance(want)
		want = min(2*want, longest)
	}
	// Names that go are waited for no longer than they would have been, and no shorter.
	m.Look(t.Context())
	groups = nil
	if m.Look(t.Context()); len(m.wait) != 1 {
		t.Error("names that come back at once would be tried at once")
	}
	now.Advance(longest)
	if m.Look(t.Context()); len(m.wait) != 0 {
		t.Errorf("still kept: %v", m.wait)
	}
}

// TestNamesChange: names that are not wanted any more are forgotten, and found again when they come back.
func TestNamesChange(t *testing.T) {
	t.Parallel()
	b := newBench(t, []string{"*.contoso." + zone})
	b.Look(t.Context())
	old := b.leaf(t, "x.contoso."+zone, false)
	b.groups = [][]string{{"*.contoso." + zone, "*.login.contoso." + zone}}
	b.Look(t.Context())
	if got := b.leaf(t, "x.contoso."+zone, false); got.Equal(old) {
		t.Error("the certificate of the old names is still given")
	}
	b.groups = [][]string{{"*.contoso." + zone}}
	b.acme.stop()
	b.Look(t.Context())
	if got := b.leaf(t, "x.contoso."+zone, false); !got.Equal(old) {
		t.Error("what was obtained before was not found again")
	}
}

// TestPoke: Run looks at once when it is told to, and ends with its context.
func TestPoke(t *testing.T) {
	t.Parallel()
	looked := make(chan struct{}, 10)
	m, err := Open(Options{
		Dir: t.TempDir(), Directory: "https://127.0.0.1:1/dir", DNS: DNS{Server: "127.0.0.1:1", Zone: zone, KeyName: keyName, Secret: keySecret},
		Names: func() [][]string { looked <- struct{}{}; return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	<-looked // by Open
	done := make(chan error, 1)
	ctx, cancel := withCancel(t)
	go func() { done <- m.Run(ctx) }()
	<-looked
	m.Poke()
	<-looked
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOpenMistakes(t *testing.T) {
	t.Parallel()
	good := DNS{Server: "127.0.0.1:53", Zone: zone, KeyName: keyName, Secret: keySecret}
	for name, c := range map[string]struct {
		change func(*DNS)
		want   string
	}{
		"algorithm": {func(d *DNS) { d.Algorithm = "hmac-md5" }, "unknown TSIG algorithm"},
		"server":    {func(d *DNS) { d.Server = "ns.example" }, "is no name server's address"},
		"secret":    {func(d *DNS) { d.Secret = "not base64!" }, "is not base64"},
		"empty":     {func(d *DNS) { d.Secret = "" }, "is not base64"},
	} {
		d := good
		c.change(&d)
		_, err := Open(Options{Dir: t.TempDir(), DNS: d, Names: func() [][]string { return nil }})
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || fault.Help(err) == "" {
			t.Errorf("%s: %v (%s)", name, err, fault.Help(err))
		}
		if err != nil && strings.Contains(err.Error(), "not base64!") {
			t.Error("the secret is in the error")
		}
	}
	dir := t.TempDir()
	group := []string{"a." + zone}
	if err := os.WriteFile(filepath.Join(dir, groupKey(group)+".pem"), []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir, DNS: good, Names: func() [][]string { return [][]string{group} }}); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Help(err), "delete") {
		t.Errorf("a damaged file: %v", err)
	}
}

func withCancel(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}
