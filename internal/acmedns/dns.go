package acmedns

import (
	"context"
	"encoding/base64"
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
		return &fault.Error{Kind: fault.Invalid, Op: "acmedns", Key: d.Server, Msg: "is no name server's address", Err: err, Help: `write "host:port"`}
	}
	if _, err := base64.StdEncoding.DecodeString(d.Secret); err != nil || d.Secret == "" {
		return &fault.Error{Kind: fault.Invalid, Op: "acmedns", Key: d.KeyName, Msg: "the TSIG key's secret is not base64", Help: "give the secret as the name server's key file has it"}
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

// CleanUp removes it, also when the order was given up.
func (s *solver) CleanUp(ctx context.Context, c acme.Challenge) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
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
	return d.judge(answer, err)
}

// judge says in words what a name server made of an update.
func (d DNS) judge(answer *dns.Msg, err error) error {
	const op = "acmedns.update"
	denied := func(msg, help string) error {
		return &fault.Error{Kind: fault.Denied, Op: op, Key: d.Server, Msg: msg, Help: help}
	}
	if answer != nil && answer.Rcode == dns.RcodeNotAuth {
		if t := answer.IsTsig(); t != nil {
			switch t.Error {
			case dns.RcodeBadKey:
				return denied("the name server does not know TSIG key "+d.KeyName, "check tls.acme.dns.keyName, and that the server has this key")
			case dns.RcodeBadSig:
				return denied("the secret of TSIG key "+d.KeyName+" is not the one that the name server has", "check the file of tls.acme.dns.keyFile and tls.acme.dns.algorithm")
			case dns.RcodeBadTime:
				return denied("the clocks of this machine and the name server differ", "set both by NTP")
			}
		}
		return denied("the name server is not authoritative for zone "+d.Zone+", or does not take this key", "check tls.acme.dns.zone and the server's update policy")
	}
	if err != nil {
		return fault.As(err, fault.Unavailable, op, d.Server)
	}
	if answer.Rcode != dns.RcodeSuccess {
		return denied("the name server refused to change zone "+d.Zone+": "+dns.RcodeToString[answer.Rcode], "let key "+d.KeyName+" change TXT records there (BIND: update-policy)")
	}
	return nil
}
