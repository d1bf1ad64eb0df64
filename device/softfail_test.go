package device

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/referee-casb/referee/fault"
)

// answers is an OCSP responder of an authority that says one thing of every certificate.
func answers(t *testing.T, by *issuer, status int) *httptest.Server {
	t.Helper()
	return responderOf(t, func(req *ocsp.Request, _ pkix.Extension) []byte {
		der, err := ocsp.CreateResponse(by.cert, by.cert, ocsp.Response{
			Status: status, SerialNumber: req.SerialNumber, ThisUpdate: now.Add(-time.Minute).Truncate(time.Minute), NextUpdate: now.Add(time.Hour), RevokedAt: now.Add(-time.Hour),
		}, by.key)
		if err != nil {
			t.Error(err)
		}
		return der
	})
}

// deadAddress is one where nobody answers.
func deadAddress() string {
	dead := httptest.NewServer(nil)
	dead.Close()
	return dead.URL
}

// TestBothWays: a list that can't be had does not keep the responder from being asked, nor the other way round; what
// either says counts, and softFail stands in only for what nobody says.
func TestBothWays(t *testing.T) {
	t.Parallel()
	ca := newSigner(t, "Contoso Devices")
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	good, bad := answers(t, ca, ocsp.Good).URL, answers(t, ca, ocsp.Revoked).URL
	hour := listing{signer: ca, this: -time.Minute, next: time.Hour}
	revoked := hour
	revoked.revoked = []int64{255}
	for _, c := range []struct {
		name       string
		crl        string
		responder  string
		hard, soft fault.Kind // of the answer without and with softFail
	}{
		{"both good", hour.pem(t), good, accepted, accepted},
		{"list good, responder revoked", hour.pem(t), bad, fault.Denied, fault.Denied},
		{"no list, responder good", "", good, fault.Unavailable, accepted},
		{"no list, responder revoked", "", bad, fault.Denied, fault.Denied},
		{"list good, no responder", hour.pem(t), deadAddress(), fault.Unavailable, accepted},
		{"list revoked, no responder", revoked.pem(t), deadAddress(), fault.Denied, fault.Denied},
		{"neither", "", deadAddress(), fault.Unavailable, accepted},
	} {
		laptop := issue(t, ca, leaf(func(l *x509.Certificate) { l.OCSPServer = []string{c.responder} })).cert
		for soft, want := range map[bool]fault.Kind{false: c.hard, true: c.soft} {
			rules := Rules{Revocation: RevocationBoth, Private: true, SoftFail: soft}
			if c.crl != "" {
				rules.CRLs = []string{c.crl}
			}
			got, err := NewVerifier().Verify(t.Context(), "contoso", []*x509.Certificate{laptop}, roots, rules, now)
			if want == accepted && (err != nil || got.Fingerprint == "") || want != accepted && !fault.Is(err, want) {
				t.Errorf("%s, softFail %v: %v", c.name, soft, err)
			}
			if unchecked := want == accepted && c.hard != accepted; err == nil && unchecked != strings.Contains(got.Evidence(), "revocation not checked") {
				t.Errorf("%s, softFail %v: %q", c.name, soft, got.Evidence())
			}
		}
	}
}

// TestRevokedIntermediate: that nothing is known of the leaf does not hide that the authority above it was revoked.
func TestRevokedIntermediate(t *testing.T) {
	t.Parallel()
	root := newSigner(t, "Contoso Devices")
	middle := issue(t, root, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Contoso Laptops"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), SubjectKeyId: []byte("laptops"),
	})
	roots := x509.NewCertPool()
	roots.AddCert(root.cert)
	chain := []*x509.Certificate{issue(t, middle, leaf(nil)).cert, middle.cert}
	list := listing{signer: root, this: -time.Minute, next: time.Hour, revoked: []int64{255}}
	for _, soft := range []bool{false, true} {
		rules := Rules{Revocation: RevocationCRL, CRLs: []string{list.pem(t)}, SoftFail: soft}
		if _, err := NewVerifier().Verify(t.Context(), "contoso", chain, roots, rules, now); !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), "Contoso Laptops") {
			t.Errorf("softFail %v: %v", soft, err)
		}
	}
}

// TestRevokedInAnotherChain: an authority has certificates of two roots. A leaf that it revoked is revoked whichever chain
// is tried first, and softFail does not choose the one of which less is known; one root's revoking it spares the other way.
func TestRevokedInAnotherChain(t *testing.T) {
	t.Parallel()
	first, second := newSigner(t, "Contoso One"), newSigner(t, "Contoso Two")
	middle := issue(t, first, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Contoso Laptops"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), SubjectKeyId: []byte("laptops"),
	})
	tmpl := *middle.cert
	tmpl.SerialNumber = big.NewInt(256)
	der, err := x509.CreateCertificate(rand.Reader, &tmpl, second.cert, middle.key.Public(), second.key)
	if err != nil {
		t.Fatal(err)
	}
	cross, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(first.cert)
	roots.AddCert(second.cert)
	chain := []*x509.Certificate{issue(t, middle, leaf(nil)).cert, middle.cert, cross}
	lists := func(l ...listing) []string {
		out := make([]string, len(l))
		for i := range l {
			out[i] = l[i].pem(t)
		}
		return out
	}
	fresh := func(by *issuer, revoked ...int64) listing {
		return listing{signer: by, this: -time.Minute, next: time.Hour, revoked: revoked}
	}
	for name, c := range map[string]struct {
		crls []string
		want fault.Kind
	}{
		"the leaf":                            {lists(fresh(middle, 255), fresh(second)), fault.Denied},
		"one way up":                          {lists(fresh(middle), fresh(first, 255), fresh(second)), accepted},
		"one way up, the other is not known":  {lists(fresh(middle), fresh(first, 255)), accepted}, // softly
		"both ways up":                        {lists(fresh(middle), fresh(first, 255), fresh(second, 256)), fault.Denied},
		"the leaf, and nobody says otherwise": {lists(fresh(middle, 255)), fault.Denied},
	} {
		got, err := NewVerifier().Verify(t.Context(), "contoso", chain, roots, Rules{Revocation: RevocationCRL, CRLs: c.crls, SoftFail: true}, now)
		if c.want == accepted && (err != nil || got.Fingerprint == "") || c.want != accepted && !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestExpiredListIsKept: an authority that is late with its list is not asked for the same one at every sign-in.
func TestExpiredListIsKept(t *testing.T) {
	t.Parallel()
	ca := newSigner(t, "Contoso Devices")
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	var asked atomic.Int32
	late := listing{signer: ca, this: -2 * time.Hour, next: -time.Minute}.der(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); _, _ = w.Write(late) }))
	t.Cleanup(server.Close)
	laptop := issue(t, ca, leaf(func(c *x509.Certificate) { c.CRLDistributionPoints = []string{server.URL} })).cert
	v := NewVerifier()
	for i := range 3 {
		_, err := v.Verify(t.Context(), "contoso", []*x509.Certificate{laptop}, roots, Rules{Revocation: RevocationCRL, Fetch: true, Private: true}, now.Add(time.Duration(i)*10*time.Second))
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "expired at") {
			t.Fatal(err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("fetched %d times", asked.Load())
	}
}
