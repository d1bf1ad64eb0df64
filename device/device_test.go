package device

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func TestTags(t *testing.T) {
	t.Parallel()
	proof := func(tag model.DeviceTag, at, lease time.Duration) model.Proof {
		return Issue(tag, KindCertificate, "", now.Add(at), lease)
	}
	cert, none := model.TagValidClientCertificate, Issue(model.TagUnmanaged, KindNone, "", now, time.Minute)
	for _, c := range []struct {
		name        string
		proofs      []model.Proof
		asUnmanaged bool
		want        []model.DeviceTag
	}{
		{"nobody asked", nil, true, []model.DeviceTag{model.TagUnknown, model.TagUnmanaged}},
		{"nobody asked, unknown apart", nil, false, []model.DeviceTag{model.TagUnknown}},
		{"certificate", []model.Proof{proof(cert, 0, time.Minute)}, true, []model.DeviceTag{model.TagManaged, cert}},
		{"lease over", []model.Proof{proof(cert, -time.Hour, time.Hour)}, false, []model.DeviceTag{model.TagUnknown}},
		{
			"one of two over",
			[]model.Proof{proof(cert, -time.Hour, time.Minute), proof(model.TagIntuneCompliant, 0, time.Minute)},
			true,
			[]model.DeviceTag{model.TagIntuneCompliant, model.TagManaged},
		},
		{"from the future", []model.Proof{proof(cert, time.Hour, time.Hour)}, false, []model.DeviceTag{model.TagUnknown}},
		{"a clock a little off", []model.Proof{proof(cert, 30*time.Second, time.Hour)}, false, []model.DeviceTag{model.TagManaged, cert}},
		{"asked, nothing to show", []model.Proof{none}, false, []model.DeviceTag{model.TagUnmanaged}},
		{"managed twice", []model.Proof{proof(cert, 0, time.Minute), proof(model.TagManaged, 0, time.Minute)}, true, []model.DeviceTag{model.TagManaged, cert}},
	} {
		if got := Tags(c.proofs, now, c.asUnmanaged); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestLease(t *testing.T) {
	t.Parallel()
	p := Issue(model.TagValidClientCertificate, KindCertificate, "x", now, 10*time.Minute)
	proofs := Renew(nil, p)
	if Stale(proofs, now, time.Minute) || !Stale(proofs, now.Add(9*time.Minute), time.Minute) || !Stale(nil, now, 0) {
		t.Error("staleness")
	}
	later := Issue(model.TagValidClientCertificate, KindCertificate, "y", now.Add(5*time.Minute), 10*time.Minute)
	if proofs = Renew(proofs, later); len(proofs) != 1 || proofs[0].Evidence != "y" {
		t.Errorf("renewed: %v", proofs)
	}
	none := Issue(model.TagUnmanaged, KindNone, "", now.Add(6*time.Minute), time.Minute)
	if proofs = Renew(proofs, none); len(proofs) != 1 || proofs[0].Kind != KindNone {
		t.Errorf("a device that no longer shows its certificate: %v", proofs)
	}
	ended := End(Renew(nil, p), now.Add(time.Minute))
	if tags := Tags(ended, now.Add(time.Minute), false); !slices.Equal(tags, []model.DeviceTag{model.TagUnknown}) || Asked(ended, now.Add(time.Minute)) {
		t.Errorf("ended: %v", tags)
	}
	if p.Expires != now.Add(10*time.Minute) {
		t.Error("End changed its argument")
	}
	if got := Issue(model.TagManaged, KindCertificate, "", now, 0); got.Expires != now.Add(DefaultLease) {
		t.Errorf("default lease: %v", got.Expires)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	base := Binding{TLSPrint: "t13d", Address: netip.MustParseAddr("192.0.2.10"), ASN: 64500, Agent: "Mozilla"}
	with := func(f func(*Binding)) Binding { b := base; f(&b); return b }
	addr := func(s string) func(*Binding) {
		return func(b *Binding) { b.Address, b.ASN = netip.MustParseAddr(s), 0 }
	}
	six := with(addr("2001:db8:1:2::1"))
	for _, c := range []struct {
		name    string
		was, is Binding
		want    string
	}{
		{"the same", base, base, ""},
		{"fingerprint", base, with(func(b *Binding) { b.TLSPrint = "t12d" }), "TLS"},
		{"fingerprint not known", base, with(func(b *Binding) { b.TLSPrint = "" }), ""},
		{"agent", base, with(func(b *Binding) { b.Agent = "curl" }), "agent"},
		{"near address", base, with(addr("192.0.2.200")), ""},
		{"mapped address", base, with(addr("::ffff:192.0.2.10")), ""},
		{"far address", base, with(addr("198.51.100.1")), "network"},
		{"far address, same operator", base, with(func(b *Binding) { b.Address = netip.MustParseAddr("198.51.100.1") }), ""},
		{"near address, IPv6", six, with(addr("2001:db8:1:ffff::9")), ""},
		{"far address, IPv6", six, with(addr("2001:db8:2::1")), "network"},
		{"other family", base, six, "network"},
		{"no address", base, with(func(b *Binding) { b.Address, b.ASN = netip.Addr{}, 0 }), "network"},
	} {
		reason, changed := Change(c.was, c.is)
		if changed != (c.want != "") || !strings.Contains(reason, c.want) {
			t.Errorf("%s: %q, %v", c.name, reason, changed)
		}
	}
}

// issuer makes certificates for the test.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T, name string, parent *issuer) *issuer {
	t.Helper()
	return issue(t, parent, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	})
}

func issue(t *testing.T, parent *issuer, tmpl *x509.Certificate) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl.SerialNumber = big.NewInt(255)
	signer := &issuer{tmpl, key}
	if parent != nil {
		signer = parent
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, signer.cert, key.Public(), signer.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{cert, key}
}

func leaf(change func(*x509.Certificate)) *x509.Certificate {
	c := &x509.Certificate{
		Subject: pkix.Name{CommonName: "laptop-7"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Minute),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(c)
	}
	return c
}

func TestVerifyCertificate(t *testing.T) {
	t.Parallel()
	root, other := newIssuer(t, "Contoso Devices", nil), newIssuer(t, "Other", nil)
	middle := newIssuer(t, "Contoso Laptops", root)
	roots := x509.NewCertPool()
	roots.AddCert(root.cert)
	good := issue(t, root, leaf(nil)).cert
	for _, c := range []struct {
		name  string
		chain []*x509.Certificate
		roots *x509.CertPool
		at    time.Time
		want  string // part of the refusal, "" when it is good
	}{
		{"good", []*x509.Certificate{good}, roots, now, ""},
		{"by an intermediate", []*x509.Certificate{issue(t, middle, leaf(nil)).cert, middle.cert}, roots, now, ""},
		{"intermediate not sent", []*x509.Certificate{issue(t, middle, leaf(nil)).cert}, roots, now, "not issued by a device authority"},
		{"none", nil, roots, now, "no certificate"},
		{"other authority", []*x509.Certificate{issue(t, other, leaf(nil)).cert, other.cert}, roots, now, "not issued by a device authority"},
		{"signed by itself", []*x509.Certificate{issue(t, nil, leaf(nil)).cert}, roots, now, "not issued by a device authority"},
		{"expired", []*x509.Certificate{good}, roots, now.Add(2 * time.Minute), "expired on 2026-11-23"},
		{"not yet valid", []*x509.Certificate{good}, roots, now.Add(-2 * time.Hour), "not valid now"},
		{"for servers", []*x509.Certificate{issue(t, root, leaf(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })).cert}, roots, now, "client authentication"},
		{"the authority itself", []*x509.Certificate{root.cert}, roots, now, "authority's certificate"},
		{"no roots", []*x509.Certificate{good}, nil, now, "no device authority"},
		{"empty roots", []*x509.Certificate{good}, x509.NewCertPool(), now, "no device authority"},
		{"long chain", slices.Repeat([]*x509.Certificate{good}, maxChain+1), roots, now, "too many"},
	} {
		got, err := VerifyCertificate(c.chain, c.roots, c.at)
		if c.want == "" {
			if err != nil || len(got.Fingerprint) != 64 || !strings.Contains(got.Evidence(), "CN=laptop-7, serial ff, issued by CN=Contoso") {
				t.Errorf("%s: %s, %v", c.name, got.Evidence(), err)
			}
			continue
		}
		if !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), c.want) || got.Fingerprint != "" {
			t.Errorf("%s: %v; want denied with %q", c.name, err, c.want)
		}
	}
}
