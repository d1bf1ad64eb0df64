// Package acmedns gets wildcard certificates from an ACME authority (RFC 8555) and renews them, proving control
// of names by DNS-01 through dynamic updates (RFC 2136, signed by TSIG, RFC 8945).
//
// It owns the account, the certificates' folder and the renewal loop. It does not own which names are needed
// (node tells). Names come in groups; each group is one certificate. Begin with [Open].
package acmedns

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
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

	"github.com/referee-casb/referee/fault"
)

// Options say with whom and for what.
type Options struct {
	Dir       string // account and certificates, 0700
	Directory string // the authority's directory URL
	Email     string
	Roots     *x509.CertPool // of the authority's own HTTPS, nil for the system's
	DNS       DNS
	Names     func() [][]string // groups of names, one certificate each
	Now       func() time.Time
	Log       *slog.Logger
}

// Renewal: certificates are renewed when a third of their life is left, and looked at this often. A failed
// attempt waits, longer each time, so that an authority's rate limits are kept.
const (
	lookEvery = 10 * time.Minute
	firstWait = time.Minute
	longest   = 6 * time.Hour
)

// Manager holds certificates and keeps them fresh.
type Manager struct {
	opt Options

	mu    sync.RWMutex
	certs map[string]*tls.Certificate // by group
	wait  map[string]backoff
}

type backoff struct {
	until time.Time
	next  time.Duration
}

// Open loads what was obtained before. It asks the authority for nothing; [Manager.Run] does.
func Open(opt Options) (*Manager, error) {
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, fault.As(err, fault.Unavailable, "acmedns.Open", opt.Dir)
	}
	if err := opt.DNS.validate(); err != nil {
		return nil, err
	}
	m := &Manager{opt: opt, certs: map[string]*tls.Certificate{}, wait: map[string]backoff{}}
	for _, group := range opt.Names() {
		key := groupKey(group)
		c, err := tls.LoadX509KeyPair(m.file(key, "pem"), m.file(key, "key"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, &fault.Error{Kind: fault.Invalid, Op: "acmedns.Open", Key: m.file(key, "pem"), Msg: "the stored certificate can't be read", Err: err, Help: "delete it with its key; it is obtained anew"}
		default:
			m.certs[key] = &c
		}
	}
	return m, nil
}

// groupKey names a group's files: readable, and different for each set of names.
func groupKey(names []string) string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	sum := sha256.Sum256([]byte(strings.Join(sorted, "\x00")))
	return strings.ReplaceAll(strings.TrimPrefix(sorted[0], "*."), "/", "_") + "-" + hex.EncodeToString(sum[:4])
}

func (m *Manager) file(key, ext string) string { return filepath.Join(m.opt.Dir, key+"."+ext) }

// Certificate returns the certificate for a host; exact asks for one that names it without a wildcard.
func (m *Manager) Certificate(host string, exact bool) (*tls.Certificate, error) {
	host = strings.ToLower(host)
	_, parent, _ := strings.Cut(host, ".")
	m.mu.RLock()
	defer m.mu.RUnlock()
	var best *tls.Certificate
	for _, c := range m.certs {
		for _, n := range c.Leaf.DNSNames {
			if n == host {
				return c, nil
			}
			if !exact && n == "*."+parent {
				best = c
			}
		}
	}
	if best == nil {
		return nil, fault.New(fault.NotFound, "acmedns", "no certificate for %q yet", host)
	}
	return best, nil
}

// Run obtains what is missing and renews what is due, until ctx ends.
func (m *Manager) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		next := m.Look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-time.After(next):
		}
	}
}

// Look goes through all groups once and returns when it makes sense to look again.
func (m *Manager) Look(ctx context.Context) time.Duration {
	soonest := lookEvery
	for _, group := range m.opt.Names() {
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

func (m *Manager) due(key string) bool {
	m.mu.RLock()
	c := m.certs[key]
	m.mu.RUnlock()
	if c == nil {
		return true
	}
	life := c.Leaf.NotAfter.Sub(c.Leaf.NotBefore)
	return m.opt.Now().After(c.Leaf.NotAfter.Add(-life / 3))
}

// obtain orders one certificate and keeps it.
func (m *Manager) obtain(ctx context.Context, key string, names []string) error {
	const op = "acmedns.obtain"
	client := acmez.Client{Client: &acme.Client{Directory: m.opt.Directory, Logger: m.opt.Log,
		HTTPClient: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: m.opt.Roots, MinVersion: tls.VersionTLS12}}}},
		ChallengeSolvers: map[string]acmez.Solver{acme.ChallengeTypeDNS01: &solver{dns: m.opt.DNS}}}
	account, err := m.account(ctx, client)
	if err != nil {
		return err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fault.Wrap(err, op, key)
	}
	chains, err := client.ObtainCertificateForSANs(ctx, account, private, names)
	if err != nil {
		return fault.As(err, fault.Unavailable, op, key)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fault.Wrap(err, op, key)
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	c, err := tls.X509KeyPair(chains[0].ChainPEM, keyPEM)
	if err != nil {
		return fault.Wrap(err, op, key)
	}
	if err := errors.Join(write(m.file(key, "key"), keyPEM), write(m.file(key, "pem"), chains[0].ChainPEM)); err != nil {
		return err
	}
	m.mu.Lock()
	m.certs[key] = &c
	m.mu.Unlock()
	return nil
}

// keptAccount is how the account is stored.
type keptAccount struct {
	Account acme.Account `json:"account"`
	Key     []byte       `json:"key"` // PKCS #8
}

// account loads the account, or registers one.
func (m *Manager) account(ctx context.Context, client acmez.Client) (acme.Account, error) {
	const op = "acmedns.account"
	name := m.file("account", "json")
	text, err := os.ReadFile(name)
	if err == nil {
		var kept keptAccount
		if err := json.Unmarshal(text, &kept); err != nil {
			return acme.Account{}, fault.As(err, fault.Invalid, op, name)
		}
		key, err := x509.ParsePKCS8PrivateKey(kept.Key)
		if err != nil {
			return acme.Account{}, fault.As(err, fault.Invalid, op, name)
		}
		private, ok := key.(*ecdsa.PrivateKey)
		if !ok {
			return acme.Account{}, fault.New(fault.Invalid, op, "the account's key is not an ECDSA key")
		}
		kept.Account.PrivateKey = private
		return kept.Account, nil
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return acme.Account{}, fault.Wrap(err, op, "")
	}
	account := acme.Account{TermsOfServiceAgreed: true, PrivateKey: private}
	if m.opt.Email != "" {
		account.Contact = []string{"mailto:" + m.opt.Email}
	}
	if account, err = client.NewAccount(ctx, account); err != nil {
		return account, fault.As(err, fault.Unavailable, op, m.opt.Directory)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return account, fault.Wrap(err, op, "")
	}
	if text, err = json.Marshal(keptAccount{Account: account, Key: der}); err != nil {
		return account, fault.Wrap(err, op, "")
	}
	return account, write(name, text)
}

// write replaces a file whole, readable by its owner alone.
func write(name string, data []byte) error {
	tmp := name + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return fault.As(err, fault.Unavailable, "acmedns.write", tmp)
	}
	return fault.As(os.Rename(tmp, name), fault.Unavailable, "acmedns.write", name)
}
