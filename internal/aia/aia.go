// Package aia completes certificate chains that a server sends without their intermediates, by the caIssuers address
// in the certificates themselves (RFC 5280 section 4.2.2.1).
//
// It owns fetching, its bounds and the cache. It does not own trust: what is fetched becomes an intermediate, never a
// root, and a chain counts as completed only when it verifies against the caller's roots. Nor does it own which
// addresses may be reached: the caller's Dial decides that. Begin with [Completer.Complete].
package aia

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Bounds of one completion. A public chain lacks one intermediate, seldom two.
const (
	depthMost   = 4                // certificates added to one chain
	fetchesMost = 8                // requests for one chain
	addressMost = 3                // caIssuers addresses tried of one certificate
	sentMost    = 16               // certificates of the server's that are looked at
	bodyMost    = 64 << 10         // bytes of one answer
	wholeTime   = 8 * time.Second  // one completion
	searchTime  = 5 * time.Second  // one certificate's issuer
	fetchTime   = 3 * time.Second  // one request
	keepTime    = 24 * time.Hour   // a certificate found
	failedTime  = 30 * time.Second // a search that found nothing
	cacheMost   = 1024             // entries, found or not
)

// Completer finds missing intermediates. It is safe for concurrent use.
type Completer struct {
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	cache map[[sha256.Size]byte]*entry // by the certificate whose issuer was looked for
}

// entry is what is known of one certificate's issuer.
type entry struct {
	work   chan struct{} // holds one while somebody looks, who alone may use what follows
	issuer *x509.Certificate
	until  time.Time // of what was found, or of having found nothing
}

// New makes a completer that reaches addresses through dial, which refuses those that must not be reached. now is the
// clock; nil: time.Now.
func New(dial func(ctx context.Context, network, addr string) (net.Conn, error), now func() time.Time) *Completer {
	if now == nil {
		now = time.Now
	}
	return &Completer{
		now: now, cache: map[[sha256.Size]byte]*entry{},
		client: &http.Client{
			Timeout: fetchTime,
			Transport: &http.Transport{
				DialContext: dial, Proxy: nil, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10,
			},
			// A redirect would be an address that no certificate vouches for.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Complete looks for the intermediates that sent, a server's certificates with its own first, lacks to lead to opt's
// roots as opt asks. It returns those it had to add; together with sent they verify. An error says why there is no such
// chain; it is never a weaker answer than plain verification gives.
func (c *Completer) Complete(ctx context.Context, sent []*x509.Certificate, opt x509.VerifyOptions) ([]*x509.Certificate, error) {
	const op = "aia.Complete"
	if len(sent) == 0 {
		return nil, fault.New(fault.Invalid, op, "the server sent no certificate")
	}
	leaf := sent[0]
	if err := worth(leaf, opt, c.now()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	opt.Intermediates = x509.NewCertPool()
	for _, one := range sent[1:min(len(sent), sentMost)] {
		opt.Intermediates.AddCert(one)
	}
	cur := topOf(sent[:min(len(sent), sentMost)])
	var added []*x509.Certificate
	budget := fetchesMost
	for len(added) < depthMost {
		issuer, err := c.issuer(ctx, cur, &budget)
		if err != nil {
			return nil, err
		}
		for _, one := range added {
			if one.Equal(issuer) {
				return nil, fault.New(fault.Invalid, op, "the issuers of %q lead in a circle", leaf.Subject)
			}
		}
		added = append(added, issuer)
		opt.Intermediates.AddCert(issuer)
		_, err = leaf.Verify(opt)
		if err == nil {
			return added, nil
		}
		var unknown x509.UnknownAuthorityError
		if !errors.As(err, &unknown) {
			return nil, fault.As(err, fault.Invalid, op, leaf.Subject.String()) // more certificates don't mend that
		}
		cur = issuer
	}
	return nil, fault.New(fault.Invalid, op, "the chain of %q has more than %d certificates missing", leaf.Subject, depthMost)
}

// worth refuses to fetch anything for a certificate that can't be the server's whatever its chain: strangers' addresses
// would be asked for nothing.
func worth(leaf *x509.Certificate, opt x509.VerifyOptions, now time.Time) error {
	const op = "aia.Complete"
	if opt.DNSName != "" {
		if err := leaf.VerifyHostname(opt.DNSName); err != nil {
			return fault.As(err, fault.Invalid, op, opt.DNSName)
		}
	}
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return fault.New(fault.Invalid, op, "the certificate of %q is not valid at this time", leaf.Subject)
	}
	return nil
}

// topOf walks from the server's certificate up as far as what it sent goes.
func topOf(sent []*x509.Certificate) *x509.Certificate {
	cur := sent[0]
	for range sent {
		next := cur
		for _, one := range sent[1:] {
			if !one.Equal(cur) && issued(one, cur) {
				next = one
				break
			}
		}
		if next == cur || selfIssued(next) {
			break
		}
		cur = next
	}
	return cur
}

// issued reports whether a certificate authority's certificate signed another.
func issued(issuer, of *x509.Certificate) bool {
	return string(issuer.RawSubject) == string(of.RawIssuer) && of.CheckSignatureFrom(issuer) == nil
}

func selfIssued(c *x509.Certificate) bool { return string(c.RawSubject) == string(c.RawIssuer) }

// issuer finds the certificate that signed cur, in the cache or at the addresses that cur names. Those who ask for the
// same at once wait for one search, as long as they have time.
func (c *Completer) issuer(ctx context.Context, cur *x509.Certificate, budget *int) (*x509.Certificate, error) {
	const op = "aia.issuer"
	e := c.entry(sha256.Sum256(cur.Raw))
	select {
	case e.work <- struct{}{}:
		defer func() { <-e.work }()
	case <-ctx.Done():
		return nil, fault.As(context.Cause(ctx), fault.Unavailable, op, cur.Subject.String())
	}
	now := c.now()
	if now.Before(e.until) {
		if e.issuer == nil {
			return nil, fault.New(fault.Unavailable, op, "the issuer of %q was not found a moment ago", cur.Subject)
		}
		return e.issuer, nil
	}
	within, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	issuer, err := c.search(within, cur, budget)
	if err != nil && (ctx.Err() != nil || *budget < 0) {
		return nil, err // who asked has gone, or has no time or requests left: nothing is known
	}
	e.issuer, e.until = issuer, now.Add(failedTime)
	if err == nil {
		if e.until = now.Add(keepTime); issuer.NotAfter.Before(e.until) {
			e.until = issuer.NotAfter
		}
	}
	return issuer, err
}

func (c *Completer) entry(key [sha256.Size]byte) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.cache[key]
	if e == nil {
		if len(c.cache) >= cacheMost {
			clear(c.cache) // it is filled again by whoever needs it; searches under way keep their entries
		}
		e = &entry{work: make(chan struct{}, 1)}
		c.cache[key] = e
	}
	return e
}
