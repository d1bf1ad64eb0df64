// Package acmedns gets wildcard certificates from an ACME authority (RFC 8555) and renews them, proving control
// of names by DNS-01: through dynamic updates (RFC 2136, signed by TSIG, RFC 8945), or by answering for a zone that
// the challenge names are aliases into ([Responder]).
//
// It owns the account, the certificates' folder, the renewal loop and that zone. It does not own which names are
// needed (node tells). Names come in groups; each group is one certificate. Begin with [Open].
package acmedns

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
	"golang.org/x/sync/errgroup"

	"github.com/referee-casb/referee/fault"
)

// Options say with whom and for what.
type Options struct {
	Dir       string // account and certificates, 0700
	Directory string // the authority's directory URL
	Email     string
	Roots     *x509.CertPool // of the authority's own HTTPS, nil for the system's
	DNS       DNS
	Responder *Responder        // answers challenges instead of DNS, if there is one; Run runs it
	Names     func() [][]string // groups of names, one certificate each
	Now       func() time.Time  // nil: time.Now
	Log       *slog.Logger      // nil: none
}

// Renewal: certificates are renewed when a third of their life is left, and looked at this often. A failed
// attempt waits, longer each time, so that an authority's rate limits are kept.
const (
	lookEvery = 10 * time.Minute
	firstWait = time.Minute
	longest   = 6 * time.Hour
	oneOrder  = 5 * time.Minute // an order that takes longer is given up
)

// Manager holds certificates and keeps them fresh. Certificate and Poke are safe for concurrent use; Run and
// Look belong to one goroutine.
type Manager struct {
	opt  Options
	poke chan struct{}
	wait map[string]backoff // by group

	mu    sync.RWMutex
	certs map[string]*tls.Certificate // by group, of groups that are wanted now
}

type backoff struct {
	until time.Time
	next  time.Duration
}

// Open loads what was obtained before. It asks the authority for nothing; [Manager.Run] does.
func Open(opt Options) (*Manager, error) {
	const op = "acmedns.Open"
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Responder == nil {
		if err := opt.DNS.validate(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, opt.Dir)
	}
	m := &Manager{opt: opt, poke: make(chan struct{}, 1), certs: map[string]*tls.Certificate{}, wait: map[string]backoff{}}
	for _, group := range opt.Names() {
		if err := m.load(groupKey(group)); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// load reads a group's certificate from its file, if it has one.
func (m *Manager) load(key string) error {
	name := m.file(key)
	c, err := tls.LoadX509KeyPair(name, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &fault.Error{Kind: fault.Invalid, Op: "acmedns.load", Key: name, Msg: "the stored certificate can't be read", Err: err, Help: "delete the file; the certificate is obtained anew"}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.certs[key] = &c
	return nil
}

// groupKey names a group's file: readable, and different for each set of names.
func groupKey(names []string) string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	sum := sha256.Sum256([]byte(strings.Join(sorted, "\x00")))
	return strings.ReplaceAll(strings.TrimPrefix(sorted[0], "*."), "/", "_") + "-" + hex.EncodeToString(sum[:4])
}

// file is where a group's certificate chain and key are: one file, so that both change at once.
func (m *Manager) file(key string) string { return filepath.Join(m.opt.Dir, key+".pem") }

// Certificate returns the certificate for a host; exact asks for one that names it without a wildcard. Of
// several the one that lasts longest.
func (m *Manager) Certificate(host string, exact bool) (*tls.Certificate, error) {
	host = strings.ToLower(host)
	_, parent, _ := strings.Cut(host, ".")
	m.mu.RLock()
	defer m.mu.RUnlock()
	var best *tls.Certificate
	bestNamed := false
	for _, c := range m.certs {
		named := slices.Contains(c.Leaf.DNSNames, host)
		switch {
		case !named && (exact || !slices.Contains(c.Leaf.DNSNames, "*."+parent)):
			continue
		case best == nil, named && !bestNamed, named == bestNamed && c.Leaf.NotAfter.After(best.Leaf.NotAfter):
			best, bestNamed = c, named
		}
	}
	if best == nil {
		return nil, fault.New(fault.NotFound, "acmedns", "no certificate for %q yet", host)
	}
	return best, nil
}

// Poke makes Run look now: the names have changed.
func (m *Manager) Poke() {
	select {
	case m.poke <- struct{}{}:
	default:
	}
}

// Run obtains what is missing and renews what is due, until ctx ends. With a Responder it answers challenges meanwhile,
// and fails when that does.
func (m *Manager) Run(ctx context.Context) error {
	if m.opt.Responder == nil {
		return m.renew(ctx)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.opt.Responder.Run(ctx) })
	g.Go(func() error { return m.renew(ctx) })
	return g.Wait()
}

func (m *Manager) renew(ctx context.Context) error {
	for {
		next := time.NewTimer(m.Look(ctx))
		select {
		case <-ctx.Done():
			next.Stop()
			return nil
		case <-next.C:
		case <-m.poke:
			next.Stop()
		}
	}
}

// Look goes through all groups once and returns when it makes sense to look again.
func (m *Manager) Look(ctx context.Context) time.Duration {
	soonest := lookEvery
	groups := m.opt.Names()
	m.forget(groups, m.opt.Now())
	for _, group := range groups {
		key := groupKey(group)
		if !m.due(key) {
			continue
		}
		now := m.opt.Now()
		if w := m.wait[key]; now.Before(w.until) {
			soonest = min(soonest, w.until.Sub(now))
			continue
		}
		if err := m.obtain(ctx, key, group); err != nil {
			if ctx.Err() != nil {
				return soonest
			}
			w := m.wait[key]
			w.next = min(max(2*w.next, firstWait), longest)
			w.until = m.opt.Now().Add(w.next)
			m.wait[key] = w
			soonest = min(soonest, w.next)
			m.opt.Log.Error("certificate not obtained", "names", group, "again_in", w.next, "err", err)
			continue
		}
		delete(m.wait, key)
		m.opt.Log.Info("certificate obtained", "names", group)
	}
	return soonest
}

// forget drops certificates of groups that are not wanted any more: nobody renews them, and one that has ended
// must not stand in for a newer one. A wait stays until it is over: names that come and go are no way around it.
func (m *Manager) forget(groups [][]string, now time.Time) {
	wanted := map[string]bool{}
	for _, g := range groups {
		wanted[groupKey(g)] = true
	}
	for key, w := range m.wait {
		if !wanted[key] && !now.Before(w.until) {
			delete(m.wait, key)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.certs {
		if !wanted[key] {
			delete(m.certs, key)
		}
	}
}

// due reports whether a group needs a certificate. One that was obtained before its names were last wanted is
// read from its file first.
func (m *Manager) due(key string) bool {
	held := func() *tls.Certificate {
		m.mu.RLock()
		defer m.mu.RUnlock()
		return m.certs[key]
	}
	c := held()
	if c == nil {
		if err := m.load(key); err != nil {
			m.opt.Log.Warn("stored certificate", "err", err) // obtained anew
		}
		if c = held(); c == nil {
			return true
		}
	}
	life := c.Leaf.NotAfter.Sub(c.Leaf.NotBefore)
	return m.opt.Now().After(c.Leaf.NotAfter.Add(-life / 3))
}

func (m *Manager) solver() acmez.Solver {
	if m.opt.Responder != nil {
		return m.opt.Responder
	}
	return &solver{dns: m.opt.DNS}
}

// obtain orders one certificate and keeps it.
func (m *Manager) obtain(ctx context.Context, key string, names []string) error {
	const op = "acmedns.obtain"
	ctx, cancel := context.WithTimeout(ctx, oneOrder)
	defer cancel()
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: m.opt.Roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	client := acmez.Client{
		Client:           &acme.Client{Directory: m.opt.Directory, Logger: m.opt.Log, HTTPClient: &http.Client{Timeout: 30 * time.Second, Transport: transport}},
		ChallengeSolvers: map[string]acmez.Solver{acme.ChallengeTypeDNS01: m.solver()},
	}
	account, err := m.account(ctx, client)
	if err != nil {
		return err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fault.Wrap(err, op, key)
	}
	chains, err := client.ObtainCertificateForSANs(ctx, account, private, names)
	if problem := new(acme.Problem); errors.As(err, problem) && problem.Type == acme.ProblemTypeAccountDoesNotExist {
		// The authority has forgotten us: the next attempt registers anew.
		err = errors.Join(err, os.Remove(m.accountFile()))
	}
	if err != nil && m.opt.Responder != nil {
		return &fault.Error{Kind: fault.Unavailable, Op: op, Key: key, Err: err, Msg: "the authority was not convinced; these records must be there: " + m.opt.Responder.records(names)}
	}
	if err != nil {
		return fault.As(err, fault.Unavailable, op, key)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fault.Wrap(err, op, key)
	}
	text := append(bytes.TrimSpace(chains[0].ChainPEM), '\n')
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	c, err := tls.X509KeyPair(text, text)
	if err != nil {
		return fault.Wrap(err, op, key)
	}
	if err := write(m.file(key), text); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.certs[key] = &c
	return nil
}
