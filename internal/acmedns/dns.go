package acmedns

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/mholt/acmez/v3/acme"
	"github.com/miekg/dns"

	"github.com/referee-casb/referee/fault"
)

// DNS is a server that takes dynamic updates.
type DNS struct {
	Server    string // "host:port"
	Zone      string
	KeyName   string
	Secret    string // base64
	Algorithm string // "" or "hmac-sha256", "hmac-sha512"
}

var algorithms = map[string]string{"": dns.HmacSHA256, "hmac-sha256": dns.HmacSHA256, "hmac-sha512": dns.HmacSHA512}

func (d DNS) validate() error {
	if _, ok := algorithms[d.Algorithm]; !ok {
		return &fault.Error{Kind: fault.Invalid, Op: "acmedns", Key: d.Algorithm, Msg: "unknown TSIG algorithm", Help: "use hmac-sha256 or hmac-sha512"}
	}
	if _, _, err := net.SplitHostPort(d.Server); err != nil {
		return fault.As(err, fault.Invalid, "acmedns", d.Server)
	}
	return nil
}

// challengeTTL is short, so that a renewal soon after another does not meet an old answer.
const challengeTTL = 30

// solver writes and removes the challenge record. With wildcards two records may stand under one name at once,
// so records are added and removed by value.
type solver struct{ dns DNS }

// Present adds the challenge's TXT record.
func (s *solver) Present(ctx context.Context, c acme.Challenge) error {
	return s.dns.update(ctx, c, func(m *dns.Msg, rr []dns.RR) { m.Insert(rr) })
}

// CleanUp removes it.
func (s *solver) CleanUp(ctx context.Context, c acme.Challenge) error {
	return s.dns.update(ctx, c, func(m *dns.Msg, rr []dns.RR) { m.Remove(rr) })
}

// Wait returns when the server that took the update answers with the record.
func (s *solver) Wait(ctx context.Context, c acme.Challenge) error {
	name, want := dns.Fqdn(c.DNS01TXTRecordName()), c.DNS01KeyAuthorization()
	client := &dns.Client{Net: "tcp", Timeout: 5 * time.Second}
	for {
		m := new(dns.Msg)
		m.SetQuestion(name, dns.TypeTXT)
		answer, _, err := client.ExchangeContext(ctx, m, s.dns.Server)
		if err == nil {
			for _, rr := range answer.Answer {
				if txt, ok := rr.(*dns.TXT); ok && strings.Join(txt.Txt, "") == want {
					return nil
				}
			}
		}
		select {
		case <-ctx.Done():
			return fault.As(ctx.Err(), fault.Unavailable, "acmedns.Wait", name)
		case <-time.After(time.Second):
		}
	}
}

func (d DNS) update(ctx context.Context, c acme.Challenge, change func(*dns.Msg, []dns.RR)) error {
	const op = "acmedns.update"
	rr, err := dns.NewRR(fmt.Sprintf("%s %d IN TXT %q", dns.Fqdn(c.DNS01TXTRecordName()), challengeTTL, c.DNS01KeyAuthorization()))
	if err != nil {
		return fault.Wrap(err, op, c.DNS01TXTRecordName())
	}
	m := new(dns.Msg)
	m.SetUpdate(dns.Fqdn(d.Zone))
	change(m, []dns.RR{rr})
	m.SetTsig(dns.Fqdn(d.KeyName), algorithms[d.Algorithm], 300, time.Now().Unix())
	client := &dns.Client{Net: "tcp", Timeout: 10 * time.Second, TsigSecret: map[string]string{dns.Fqdn(d.KeyName): d.Secret}}
	answer, _, err := client.ExchangeContext(ctx, m, d.Server)
	if err != nil {
		return fault.As(err, fault.Unavailable, op, d.Server)
	}
	if answer.Rcode != dns.RcodeSuccess {
		return fault.New(fault.Denied, op, "the server refused to change zone %s: %s", d.Zone, dns.RcodeToString[answer.Rcode])
	}
	return nil
}
