package device

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Bounds of what the verifier keeps and tries.
const (
	maxPoints  = 3                // addresses tried a certificate
	maxChains  = 4                // chains tried a leaf
	keepCRL    = time.Hour        // a fetched list is fetched again after this, though it may hold longer
	keepOCSP   = 10 * time.Minute // the same for an answer
	keepLost   = time.Minute      // how long a failure is believed
	maxEntries = 2000
	maxBytes   = 128 << 20
)

// Verifier verifies client certificates with their revocation. It keeps what it fetched, a tenant apart from the
// others. Safe for concurrent use.
type Verifier struct {
	public, private *http.Client
	one             singleflight.Group

	mu    sync.Mutex
	kept  map[string]kept
	bytes int
}

// kept is a list or an answer, with its end.
type kept struct {
	crl   *CRL
	err   error
	until time.Time
	size  int
}

// NewVerifier returns a verifier with nothing in its cache.
func NewVerifier() *Verifier {
	return &Verifier{public: newClient(false), private: newClient(true), kept: map[string]kept{}}
}

// Verify checks what a client sent, the leaf first, against a tenant's authorities and rules at now. It is
// Denied for a certificate that does not count, with the reason for the log and for the person, and Unavailable
// where it can't be found out whether it was revoked: fail closed, the device is unknown.
func (v *Verifier) Verify(ctx context.Context, tenant model.TenantID, chain []*x509.Certificate, roots *x509.CertPool, rules Rules, now time.Time) (Certificate, error) {
	cert, chains, err := verifyChain(chain, roots, now)
	if err != nil {
		return cert, err
	}
	if err := rules.lists(chain[0]); err != nil {
		return Certificate{}, err
	}
	var lost error // the first chain that nothing speaks against, but whose revocation can't be found out
	for i, c := range chains {
		if i >= maxChains {
			break
		}
		certain := false
		if err = strong(c); err == nil {
			certain, err = v.revocation(ctx, tenant, c, rules, now)
		}
		switch {
		case err == nil:
			cert.Facts = rules.DeviceID.facts(chain[0])
			return cert, nil
		case certain:
			return Certificate{}, err
		case fault.Is(err, fault.Unavailable) && lost == nil:
			lost = err
		}
	}
	switch {
	case lost != nil && rules.SoftFail:
		// fail open: the tenant's setting says that an unreachable authority stops nobody
		cert.Facts, cert.Unchecked = rules.DeviceID.facts(chain[0]), lost.Error()
		return cert, nil
	case lost != nil:
		return Certificate{}, lost // fail closed: the device is unknown
	}
	return Certificate{}, err
}

// revocation asks about every certificate of a chain but the authority that was uploaded, in every way that the rules
// name: what one of them can't say, another may, and that a certificate was revoked outweighs every silence. certain
// is true where it is the device's own certificate that was revoked, which no other chain makes good.
func (v *Verifier) revocation(ctx context.Context, tenant model.TenantID, chain []*x509.Certificate, rules Rules, now time.Time) (certain bool, err error) {
	type way func(ctx context.Context, tenant model.TenantID, cert, issuer *x509.Certificate, rules Rules, now time.Time) error
	var asked []way
	switch rules.Revocation {
	case RevocationNone:
		return false, nil
	case RevocationCRL:
		asked = []way{v.byCRL}
	case RevocationOCSP:
		asked = []way{v.byOCSP}
	case RevocationBoth:
		asked = []way{v.byCRL, v.byOCSP}
	}
	for i := range len(chain) - 1 {
		for _, ask := range asked {
			switch e := ask(ctx, tenant, chain[i], chain[i+1], rules, now); {
			case fault.Is(e, fault.Denied):
				return i == 0, e
			case e != nil && err == nil:
				err = e
			}
		}
	}
	return false, err
}

// byCRL looks through the uploaded lists, then through those that the certificate points to. A certificate on
// any list that counts is revoked; on none of at least one, it is not.
func (v *Verifier) byCRL(ctx context.Context, tenant model.TenantID, cert, issuer *x509.Certificate, rules Rules, now time.Time) error {
	var lost error = &fault.Error{
		Kind: fault.Unavailable, Op: "device.CRL", Key: cert.Subject.String(), Msg: "there is no revocation list of " + issuer.Subject.String(),
		Help: "upload one, or let lists be fetched with device.certificate.fetch",
	}
	good := false
	for _, text := range rules.CRLs {
		list, err := v.uploaded(text, now)
		if err == nil && !list.covers(cert, issuer) {
			continue
		}
		if err == nil {
			err = list.check(cert, issuer, now)
		}
		switch {
		case err == nil:
			good = true
		case fault.Is(err, fault.Denied):
			return err
		default:
			lost = err
		}
	}
	if good {
		return nil
	}
	for i, address := range cert.CRLDistributionPoints {
		if !rules.Fetch || i >= maxPoints {
			break
		}
		list, err := v.fetched(ctx, tenant, address, rules.Private, now)
		if err == nil {
			err = list.check(cert, issuer, now)
		}
		if err == nil || fault.Is(err, fault.Denied) {
			return err
		}
		lost = err
	}
	return lost
}

// uploaded reads a list of the tenant's document, once for its text.
func (v *Verifier) uploaded(text string, now time.Time) (*CRL, error) {
	sum := sha256.Sum256([]byte(text))
	key := "text " + hex.EncodeToString(sum[:])
	if k, ok := v.have(key, now); ok {
		return k.crl, k.err
	}
	list, err := ReadCRL([]byte(text))
	err = fault.As(err, fault.Unavailable, "device.CRL", "")
	v.keep(key, kept{crl: list, err: err, until: now.Add(24 * time.Hour)}, now)
	return list, err
}

// fetched gets the list at an address. A failure is remembered for a minute, so that a dead server does not make
// every sign-in wait.
func (v *Verifier) fetched(ctx context.Context, tenant model.TenantID, address string, private bool, now time.Time) (*CRL, error) {
	key := "crl " + string(tenant) + " " + address
	if private {
		key = "private " + key
	}
	if k, ok := v.have(key, now); ok {
		return k.crl, k.err
	}
	got, _, _ := v.one.Do(key, func() (any, error) {
		k := kept{until: now.Add(keepLost)}
		var der []byte
		if der, k.err = fetch(context.WithoutCancel(ctx), v.client(private), address, nil, "application/pkix-crl", maxCRL); k.err == nil {
			if k.crl, k.err = ReadCRL(der); k.err == nil {
				k.until = earlier(now.Add(keepCRL), k.crl.NextUpdate)
				if end := now.Add(keepLost); k.until.Before(end) {
					k.until = end // an authority that is late with its list is not asked for the old one at every sign-in
				}
			} else {
				k.err = fault.As(k.err, fault.Unavailable, "device.CRL", address)
			}
		}
		v.keep(key, k, now)
		return k, nil
	})
	k := got.(kept) //nolint:forcetypeassert // the function above returns nothing else
	return k.crl, k.err
}

func (v *Verifier) byOCSP(ctx context.Context, tenant model.TenantID, cert, issuer *x509.Certificate, rules Rules, now time.Time) error {
	sum := sha256.Sum256(issuer.Raw)
	key := "ocsp " + string(tenant) + " " + hex.EncodeToString(sum[:]) + " " + cert.SerialNumber.String()
	if rules.Nonce {
		key = "nonce " + key
	}
	if rules.Private {
		key = "private " + key
	}
	if k, ok := v.have(key, now); ok {
		return k.err
	}
	got, _, _ := v.one.Do(key, func() (any, error) {
		until, err := askOCSP(context.WithoutCancel(ctx), v.client(rules.Private), cert, issuer, rules.Nonce, now)
		k := kept{err: err, until: earlier(now.Add(keepOCSP), until)}
		if fault.Is(err, fault.Unavailable) {
			k.until = now.Add(keepLost)
		}
		v.keep(key, k, now)
		return k, nil
	})
	return got.(kept).err //nolint:forcetypeassert // the function above returns nothing else
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (v *Verifier) client(private bool) *http.Client {
	if private {
		return v.private
	}
	return v.public
}

func (v *Verifier) have(key string, now time.Time) (kept, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	k, ok := v.kept[key]
	return k, ok && now.Before(k.until)
}

// keep adds to the cache; what has ended makes room first, then anything.
func (v *Verifier) keep(key string, k kept, now time.Time) {
	k.size = 200 + len(key)
	if k.crl != nil {
		k.size += k.crl.size()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.drop(key)
	for _, all := range []bool{false, true} {
		for old, e := range v.kept {
			if len(v.kept) < maxEntries && v.bytes+k.size <= maxBytes {
				break
			}
			if all || !now.Before(e.until) {
				v.drop(old)
			}
		}
	}
	if v.bytes+k.size > maxBytes {
		return
	}
	v.kept[key] = k
	v.bytes += k.size
}

func (v *Verifier) drop(key string) {
	if old, ok := v.kept[key]; ok {
		v.bytes -= old.size
		delete(v.kept, key)
	}
}
