package acmedns

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mholt/acmez/v3/acme"
	"github.com/miekg/dns"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/clock"
)

const delegated = "acme.example"

// startResponder answers for the delegated zone at a port.
func startResponder(t *testing.T, port int, now func() time.Time) (*Responder, string) {
	t.Helper()
	addr := "127.0.0.1:" + strconv.Itoa(port)
	r, err := Listen(Delegation{Zone: delegated, NameServer: "ns.example", Listen: addr}, now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r, addr
}

// startDelegating runs a name server for example, which delegates acme.example to the port of a responder and has an alias
// into it for each name. It resolves for others, as an authority's resolver does.
func startDelegating(t *testing.T, responder int, names ...string) (server string) {
	t.Helper()
	named := need(t, "named")
	dir, port := t.TempDir(), freePort(t)
	text := "$TTL 60\n@ IN SOA ns.example. root.example. 1 60 60 60 1\n@ IN NS self.example.\nself IN A 127.0.0.2\nns IN A 127.0.0.1\nacme IN NS ns.example.\n"
	for _, n := range names {
		text += "_acme-challenge." + n + ". IN CNAME " + Delegation{Zone: delegated}.Alias(n) + ".\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "zone"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// "port" is where it takes other name servers to listen.
	conf := fmt.Sprintf(`
options { directory %q; pid-file none; session-keyfile none; recursion yes; allow-recursion { any; }; port %d; listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; };
  dnssec-validation no; query-source address 127.0.0.1; qname-minimization strict; max-ncache-ttl 0; max-cache-ttl 0; };
controls { };
zone "." { type hint; file "hints"; };
zone "example" { type primary; file "zone"; };
`, dir, responder, port)
	if err := os.WriteFile(filepath.Join(dir, "hints"), []byte(". 60 IN NS nobody.invalid.\nnobody.invalid. 60 IN A 127.0.0.3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "named.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	program(t, nil, named, "-g", "-n", "1", "-c", file)
	server = "127.0.0.1:" + strconv.Itoa(port)
	eventually(t, "named", func() bool { _, err := ask(t.Context(), server, "example", dns.TypeSOA); return err == nil })
	return server
}

// TestDelegated: a certificate without any right to change the names' zone.
func TestDelegated(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	r, addr := startResponder(t, port, nil)
	server := startDelegating(t, port, "contoso."+zone, "login.contoso."+zone)
	a := startPebble(t, server, validity)
	var log strings.Builder
	groups := [][]string{{"*.contoso." + zone, "contoso." + zone, "*.login.contoso." + zone}}
	m, err := Open(Options{
		Dir: filepath.Join(t.TempDir(), "acme"), Directory: a.directory, Email: "admin@gate.example", Roots: a.roots, Responder: r,
		Names: func() [][]string { return groups }, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Look(t.Context())
	c, err := m.Certificate("files.contoso."+zone, false)
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	got := slices.Clone(c.Leaf.DNSNames)
	slices.Sort(got)
	if want := []string{"*.contoso." + zone, "*.login.contoso." + zone, "contoso." + zone}; !slices.Equal(got, want) {
		t.Errorf("names %v", got)
	}
	// The challenges are gone again.
	if rr, err := ask(t.Context(), addr, "contoso."+zone+"."+delegated, dns.TypeTXT); err != nil || len(rr) != 0 {
		t.Errorf("left behind: %v, %v", rr, err)
	}
	// A name without an alias fails, and the log says which record is missing.
	groups = [][]string{{"*.fabrikam." + zone}}
	if wait := m.Look(t.Context()); wait != firstWait {
		t.Errorf("looks again in %v", wait)
	}
	if want := "_acme-challenge.fabrikam." + zone + " CNAME fabrikam." + zone + "." + delegated; !strings.Contains(log.String(), want) {
		t.Errorf("the log does not name %q:\n%s", want, log.String())
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.texts) != 0 {
		t.Errorf("challenges left: %v", r.texts)
	}
}

func challenge(name, token string) acme.Challenge {
	return acme.Challenge{Identifier: acme.Identifier{Type: "dns", Value: name}, KeyAuthorization: token}
}

// exchange asks one question as it is.
func exchange(t *testing.T, network, addr string, m *dns.Msg) *dns.Msg {
	t.Helper()
	answer, _, err := (&dns.Client{Net: network, Timeout: 2 * time.Second}).ExchangeContext(t.Context(), m, addr)
	if err != nil {
		t.Fatalf("%s: %v", network, err)
	}
	return answer
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	r, addr := startResponder(t, freePort(t), clock.Running(time.Now).Now)
	for _, token := range []string{"one", "two"} {
		if err := r.Present(t.Context(), challenge("contoso."+zone, token)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Present(t.Context(), challenge("contoso."+zone, "one")); err != nil {
		t.Fatal(err)
	}
	name := "contoso." + zone + "." + delegated + "."
	for what, c := range map[string]struct {
		name    string
		kind    uint16
		rcode   int
		answers int
		soa     bool
	}{
		"the challenges":      {name, dns.TypeTXT, dns.RcodeSuccess, 2, false},
		"in another case":     {strings.ToUpper(name), dns.TypeTXT, dns.RcodeSuccess, 2, false},
		"another type":        {name, dns.TypeA, dns.RcodeSuccess, 0, true},
		"above it":            {"example." + delegated + ".", dns.TypeNS, dns.RcodeSuccess, 0, true},
		"below it":            {"x." + name, dns.TypeTXT, dns.RcodeNameError, 0, true},
		"another name":        {"fabrikam." + zone + "." + delegated + ".", dns.TypeTXT, dns.RcodeNameError, 0, true},
		"half a label":        {"o." + zone + "." + delegated + ".", dns.TypeTXT, dns.RcodeNameError, 0, true},
		"the zone":            {delegated + ".", dns.TypeSOA, dns.RcodeSuccess, 1, false},
		"its servers":         {delegated + ".", dns.TypeNS, dns.RcodeSuccess, 1, false},
		"its addresses":       {delegated + ".", dns.TypeA, dns.RcodeSuccess, 0, true},
		"everything":          {name, dns.TypeANY, dns.RcodeRefused, 0, false},
		"a transfer":          {delegated + ".", dns.TypeIXFR, dns.RcodeRefused, 0, false},
		"somebody else's":     {"example.com.", dns.TypeA, dns.RcodeRefused, 0, false},
		"the parent":          {"example.", dns.TypeNS, dns.RcodeRefused, 0, false},
		"a zone that ends so": {"evil" + delegated + ".", dns.TypeTXT, dns.RcodeRefused, 0, false},
		"the root":            {".", dns.TypeNS, dns.RcodeRefused, 0, false},
	} {
		for _, network := range []string{"udp", "tcp"} {
			m := new(dns.Msg)
			m.SetQuestion(c.name, c.kind)
			got := exchange(t, network, addr, m)
			if got.Rcode != c.rcode || len(got.Answer) != c.answers || (len(got.Ns) == 1) != c.soa || got.RecursionAvailable || got.Authoritative != (c.rcode != dns.RcodeRefused) {
				t.Errorf("%s over %s: %v", what, network, got)
			}
			for _, rr := range got.Answer {
				if rr.Header().Name != c.name {
					t.Errorf("%s: answered for %q", what, rr.Header().Name)
				}
			}
		}
	}
	want := challenge("contoso."+zone, "two").DNS01KeyAuthorization()
	if err := r.CleanUp(t.Context(), challenge("contoso."+zone, "one")); err != nil {
		t.Fatal(err)
	}
	if rr, err := ask(t.Context(), addr, name, dns.TypeTXT); err != nil || len(rr) != 1 || rr[0].(*dns.TXT).Txt[0] != want {
		t.Errorf("one is left: %v, %v", rr, err)
	}

	// What is no plain question.
	for what, change := range map[string]func(*dns.Msg){
		"an update":     func(m *dns.Msg) { m.SetUpdate(delegated + ".") },
		"a notify":      func(m *dns.Msg) { m.SetNotify(delegated + ".") },
		"two questions": func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) },
		"a zone":        func(m *dns.Msg) { m.SetAxfr(delegated + ".") },
		"chaos":         func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS },
	} {
		m := new(dns.Msg)
		m.SetQuestion(name, dns.TypeTXT)
		change(m)
		if got := exchange(t, "tcp", addr, m); got.Rcode == dns.RcodeSuccess || len(got.Answer)+len(got.Ns) > 0 {
			t.Errorf("%s: %v", what, got)
		}
	}
	m := new(dns.Msg)
	m.SetQuestion(name, dns.TypeTXT)
	m.SetEdns0(4096, true)
	if got := exchange(t, "udp", addr, m); got.Rcode != dns.RcodeSuccess || got.IsEdns0() == nil || len(got.Answer) != 1 {
		t.Errorf("EDNS: %v", got)
	}
	m.IsEdns0().SetVersion(1)
	if got := exchange(t, "udp", addr, m); got.Rcode != dns.RcodeBadVers {
		t.Errorf("EDNS 1: %v", got)
	}
	// However many records a name has, they fit the smallest answer.
	for i := range recordsMost - 1 {
		if err := r.Present(t.Context(), challenge("contoso."+zone, strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Present(t.Context(), challenge("contoso."+zone, "too many")); !fault.Is(err, fault.Limited) {
		t.Errorf("without bound: %v", err)
	}
	m = new(dns.Msg)
	m.SetQuestion(name, dns.TypeTXT)
	if got := exchange(t, "udp", addr, m); got.Truncated || len(got.Answer) != recordsMost {
		t.Errorf("a long answer over UDP: %v", got)
	}
	if got := exchange(t, "tcp", addr, m); len(got.Answer) != recordsMost {
		t.Errorf("over TCP: %v", got)
	}
	if err := r.Present(t.Context(), challenge(strings.Repeat("a.", 125)+"example", "x")); !fault.Is(err, fault.Invalid) {
		t.Errorf("a name too long: %v", err)
	}
}

// Answers, and what is no message at all, are never answered: two servers would talk to each other for ever.
func TestSilence(t *testing.T) {
	t.Parallel()
	_, addr := startResponder(t, freePort(t), nil)
	m := new(dns.Msg)
	m.SetQuestion(delegated+".", dns.TypeSOA)
	m.Response = true
	response, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	m.Response = false
	good, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	c, err := new(net.Dialer).DialContext(t.Context(), "udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	binary.BigEndian.PutUint16(good, 0x7777)
	for _, p := range [][]byte{response, {}, {1, 2, 3}, good} { // the first answer is the last's
		if _, err := c.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 2048)
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := c.Read(buf)
	if err != nil || n < 12 || binary.BigEndian.Uint16(buf) != 0x7777 {
		t.Errorf("%x, %v", buf[:n], err)
	}
}

// However much is asked, a network that may be forged gets little, and the rest of the world its answers.
func TestRateBound(t *testing.T) {
	t.Parallel()
	now := clock.Standing(time.Now())
	l := limiter{now: now.Now}
	count := func(addr string, n int) (got [3]int) {
		for range n {
			got[l.take(&net.UDPAddr{IP: net.ParseIP(addr), Port: 53})]++
		}
		return got
	}
	if got := count("192.0.2.1", 1000); got[allowed] != bucketSize || got[limited] != (1000-bucketSize)/slip {
		t.Errorf("one address: %v", got)
	}
	if got := count("192.0.2.77", 10); got[allowed] != 0 {
		t.Errorf("its network: %v", got)
	}
	if got := count("198.51.100.1", 5); got[allowed] != 5 {
		t.Errorf("another network: %v", got)
	}
	if got := count("2001:db8::1", 40); got[allowed] != bucketSize {
		t.Errorf("IPv6: %v", got)
	}
	now.Advance(time.Second)
	if got := count("192.0.2.1", 100); got[allowed] != bucketRate {
		t.Errorf("a second later: %v", got)
	}
	now.Advance(time.Hour)
	sum := 0
	for i := range 3 * bucketMost {
		if l.take(&net.UDPAddr{IP: net.IPv4(10, byte(i>>8), byte(i), 1), Port: 1}) == allowed {
			sum++
		}
		if len(l.nets) > bucketMost {
			t.Fatal("no bound to what is remembered")
		}
	}
	if sum != wholeSize {
		t.Errorf("%d answers to as many networks as one likes", sum)
	}
	if l.take(&net.UnixAddr{Name: "x"}) != dropped {
		t.Error("an address that is none")
	}
}

// No answer over UDP is much longer than its question.
func TestNoAmplification(t *testing.T) {
	t.Parallel()
	r := &Responder{zone: delegated + ".", ns: "ns.example.", texts: map[string][]string{}}
	for i := range 2 { // what an order has
		if err := r.Present(t.Context(), challenge("contoso."+zone, strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{delegated + ".", "contoso." + zone + "." + delegated + ".", "x." + delegated + "."} {
		for kind := uint16(1); kind < 300; kind++ {
			m := new(dns.Msg)
			m.SetQuestion(name, kind)
			got := r.answer(m)
			got.Compress = true
			if got.Len() > 5*m.Len() {
				t.Errorf("%s %s: %d bytes for %d", name, dns.TypeToString[kind], got.Len(), m.Len())
			}
		}
	}
}

func FuzzAnswer(f *testing.F) {
	m := new(dns.Msg)
	m.SetQuestion("contoso.gate.example.acme.example.", dns.TypeTXT)
	m.SetEdns0(1232, true)
	seed, err := m.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	r := &Responder{zone: delegated + ".", ns: "ns.example.", texts: map[string][]string{"contoso.gate.example.acme.example.": {"x"}}}
	f.Fuzz(func(t *testing.T, wire []byte) {
		q := new(dns.Msg)
		if q.Unpack(wire) != nil || len(q.Question) != 1 {
			return
		}
		a := r.answer(q)
		out, err := a.Pack()
		if err != nil {
			t.Fatalf("%v: %v", q, err)
		}
		if len(out) > 4096 || !a.Response || a.Id != q.Id {
			t.Errorf("%v", a)
		}
	})
}
