package acmedns

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mholt/acmez/v3/acme"
	"github.com/miekg/dns"
	"golang.org/x/net/netutil"

	"github.com/referee-casb/referee/fault"
)

// Delegation is a DNS zone that Referee answers for itself, so that certificates need no write access to the zone of
// the names: each _acme-challenge name is an alias (CNAME) into it.
type Delegation struct {
	Zone       string // delegated to this machine by an NS record
	NameServer string // what that NS record says; a name outside the zone, which has an address there
	Listen     string // "host:port", UDP and TCP
}

// Alias is what the CNAME record at a name's _acme-challenge must point to. The name is without "*.".
func (d Delegation) Alias(name string) string {
	return strings.TrimSuffix(strings.TrimPrefix(name, "*."), ".") + "." + strings.TrimSuffix(d.Zone, ".")
}

// Times and bounds of the answers.
const (
	zoneTTL     = 300
	negativeTTL = 5 // what was asked for too early may be asked for again soon
	recordsMost = 8 // of one name: an order has two at most (a name and its wildcard)
	namesMost   = 256
	udpMost     = 1232 // bytes of an answer (DNS Flag Day 2020); 512 without EDNS
	tcpMost     = 64   // connections at once
	tcpIdle     = 5 * time.Second
)

// Responder is an authoritative name server for one zone that holds nothing but challenges. It asks nobody, changes
// nothing on request, transfers nothing, and answers UDP clients no more than [bucketRate] times a second. It is safe
// for concurrent use, and a solver for acmez.
type Responder struct {
	zone string // fully qualified, lower case
	ns   string
	udp  net.PacketConn
	tcp  net.Listener
	rate limiter

	mu     sync.RWMutex
	texts  map[string][]string // by name, fully qualified, lower case
	serial uint32
}

// Listen opens the sockets of a zone. [Responder.Run] answers and closes them.
func Listen(d Delegation, now func() time.Time) (*Responder, error) {
	const op = "acmedns.Listen"
	if now == nil {
		now = time.Now
	}
	r := &Responder{zone: dns.CanonicalName(d.Zone), ns: dns.CanonicalName(d.NameServer), texts: map[string][]string{}, serial: uint32(now().Unix())} //nolint:gosec // serial numbers wrap (RFC 1982)
	r.rate.now = now
	help := "name a free address in tls.acme.delegated.listen; ports below 1024 take the capability CAP_NET_BIND_SERVICE"
	var err error
	if r.tcp, err = new(net.ListenConfig).Listen(context.Background(), "tcp", d.Listen); err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: op, Key: d.Listen, Err: err, Msg: "can't listen for DNS", Help: help}
	}
	if r.udp, err = new(net.ListenConfig).ListenPacket(context.Background(), "udp", d.Listen); err != nil {
		r.tcp.Close()
		return nil, &fault.Error{Kind: fault.Unavailable, Op: op, Key: d.Listen, Err: err, Msg: "can't listen for DNS", Help: help}
	}
	return r, nil
}

// Run answers until ctx ends, and closes the sockets.
func (r *Responder) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	servers := []*dns.Server{
		{PacketConn: r.udp, Handler: dns.HandlerFunc(r.overUDP), UDPSize: udpMost, MsgAcceptFunc: accept},
		{
			Listener: netutil.LimitListener(r.tcp, tcpMost), Handler: dns.HandlerFunc(r.overTCP), MsgAcceptFunc: accept,
			MaxTCPQueries: 16, ReadTimeout: tcpIdle, WriteTimeout: tcpIdle, IdleTimeout: func() time.Duration { return tcpIdle },
		},
	}
	failed := make(chan error, len(servers))
	for _, s := range servers {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() { failed <- s.ActivateAndServe(); cancel() }()
		select {
		case <-started: // Shutdown is refused before
		case <-ctx.Done():
		}
	}
	<-ctx.Done()
	for _, s := range servers {
		_ = s.Shutdown() // fails for one that has ended already
	}
	r.udp.Close()
	r.tcp.Close()
	return fault.As(errors.Join(<-failed, <-failed), fault.Unavailable, "acmedns.Run", r.zone)
}

// accept takes plain questions alone (RFC 1035 section 4.1.1); answers, updates, notifications and the like end here.
func accept(h dns.Header) dns.MsgAcceptAction {
	switch opcode := int(h.Bits>>11) & 0xF; {
	case h.Bits&(1<<15) != 0:
		return dns.MsgIgnore // an answer: two servers must never talk to each other without end
	case opcode != dns.OpcodeQuery:
		return dns.MsgRejectNotImplemented
	case h.Qdcount != 1 || h.Ancount != 0 || h.Nscount != 0 || h.Arcount > 1:
		return dns.MsgReject
	}
	return dns.MsgAccept
}

func (r *Responder) overTCP(w dns.ResponseWriter, q *dns.Msg) {
	_ = w.WriteMsg(r.answer(q)) // who asked has gone
}

// overUDP answers where the sender's address may be forged: seldom for one network, and with an answer without content
// beyond that, which sends a real resolver to TCP and is no longer than the question.
func (r *Responder) overUDP(w dns.ResponseWriter, q *dns.Msg) {
	switch r.rate.take(w.RemoteAddr()) {
	case limited:
		short := new(dns.Msg)
		short.SetReply(q)
		short.Truncated = true
		_ = w.WriteMsg(short)
	case allowed:
		m := r.answer(q)
		size := dns.MinMsgSize
		if o := q.IsEdns0(); o != nil {
			size = min(max(int(o.UDPSize()), dns.MinMsgSize), udpMost)
		}
		m.Truncate(size)
		_ = w.WriteMsg(m)
	case dropped:
	}
}

// answer makes the answer to one question.
func (r *Responder) answer(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(q)
	if o := q.IsEdns0(); o != nil {
		m.SetEdns0(udpMost, false)
		if o.Version() != 0 {
			m.Rcode = dns.RcodeBadVers
			return m
		}
	}
	asked := q.Question[0]
	name := dns.CanonicalName(asked.Name)
	if asked.Qclass != dns.ClassINET || !dns.IsSubDomain(r.zone, name) || asked.Qtype == dns.TypeANY || asked.Qtype == dns.TypeAXFR || asked.Qtype == dns.TypeIXFR {
		m.Rcode = dns.RcodeRefused // no zone of ours, or more than one record type at once (RFC 8482)
		return m
	}
	m.Authoritative = true
	r.mu.RLock()
	defer r.mu.RUnlock()
	head := func(kind uint16, ttl uint32) dns.RR_Header {
		return dns.RR_Header{Name: asked.Name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
	}
	switch {
	case name == r.zone && asked.Qtype == dns.TypeSOA:
		m.Answer = append(m.Answer, r.soa(asked.Name, zoneTTL))
	case name == r.zone && asked.Qtype == dns.TypeNS:
		m.Answer = append(m.Answer, &dns.NS{Hdr: head(dns.TypeNS, zoneTTL), Ns: r.ns})
	case asked.Qtype == dns.TypeTXT && len(r.texts[name]) > 0:
		for _, text := range r.texts[name] {
			m.Answer = append(m.Answer, &dns.TXT{Hdr: head(dns.TypeTXT, challengeTTL), Txt: []string{text}})
		}
	default:
		if !r.exists(name) {
			m.Rcode = dns.RcodeNameError
		}
		m.Ns = append(m.Ns, r.soa(r.zone, negativeTTL))
	}
	return m
}

// exists reports whether a name has records or is above one that has: resolvers that ask label by label (RFC 9156) must not
// be told that there is nothing below (RFC 8020). The caller holds r.mu.
func (r *Responder) exists(name string) bool {
	if name == r.zone {
		return true
	}
	for have := range r.texts {
		if dns.IsSubDomain(name, have) {
			return true
		}
	}
	return false
}

func (r *Responder) soa(name string, ttl uint32) dns.RR {
	return &dns.SOA{
		Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: ttl},
		Ns:  r.ns, Mbox: "hostmaster." + r.zone, Serial: r.serial, Refresh: 3600, Retry: 600, Expire: 604800, Minttl: negativeTTL,
	}
}

// Present makes the challenge's record stand.
func (r *Responder) Present(_ context.Context, c acme.Challenge) error {
	const op = "acmedns.Present"
	name := r.nameOf(c)
	if _, ok := dns.IsDomainName(name); !ok || len(name) > 254 {
		return fault.New(fault.Invalid, op, "%q is too long for a DNS name; choose a shorter zone", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	text := c.DNS01KeyAuthorization()
	have := r.texts[name]
	switch {
	case slices.Contains(have, text):
		return nil
	case len(have) >= recordsMost || len(have) == 0 && len(r.texts) >= namesMost:
		return fault.New(fault.Limited, op, "too many challenges at once")
	}
	r.texts[name] = append(slices.Clip(have), text)
	r.serial++
	return nil
}

// CleanUp removes it, also when the order was given up.
func (r *Responder) CleanUp(_ context.Context, c acme.Challenge) error {
	name, text := r.nameOf(c), c.DNS01KeyAuthorization()
	r.mu.Lock()
	defer r.mu.Unlock()
	left := slices.DeleteFunc(slices.Clone(r.texts[name]), func(one string) bool { return one == text })
	if r.serial++; len(left) == 0 {
		delete(r.texts, name)
		return nil
	}
	r.texts[name] = left
	return nil
}

// nameOf is where a challenge's record stands.
func (r *Responder) nameOf(c acme.Challenge) string {
	return dns.CanonicalName(Delegation{Zone: r.zone}.Alias(c.Identifier.Value))
}

// records are the aliases that names need, for people.
func (r *Responder) records(names []string) string {
	var out []string
	for _, n := range names {
		n = strings.TrimPrefix(n, "*.")
		one := "_acme-challenge." + n + " CNAME " + strings.TrimSuffix(Delegation{Zone: r.zone}.Alias(n), ".")
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return strings.Join(out, ", ")
}
