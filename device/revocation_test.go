package device

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
)

// accepted is what tables say instead of a kind of refusal.

const accepted = fault.Kind(255)

// newSigner makes a device authority that signs lists and answers.

func newSigner(t *testing.T, name string) *issuer {
	t.Helper()
	return issue(t, nil, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), SubjectKeyId: []byte(name),
	})
}

type listing struct {
	signer  *issuer
	revoked []int64
	this    time.Duration
	next    time.Duration
	extra   []pkix.Extension
}

func (l listing) der(t *testing.T) []byte {
	t.Helper()
	tmpl := &x509.RevocationList{Number: big.NewInt(7), ThisUpdate: now.Add(l.this), NextUpdate: now.Add(l.next), ExtraExtensions: l.extra}
	for _, n := range l.revoked {
		tmpl.RevokedCertificateEntries = append(tmpl.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(n), RevocationTime: now.Add(-time.Minute)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, tmpl, l.signer.cert, l.signer.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (l listing) pem(t *testing.T) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: l.der(t)}))
}

// distributionPoint is an issuing distribution point that names an address, or has a flag.

func distributionPoint(t *testing.T, address string, flag int) pkix.Extension {
	t.Helper()
	var inner []byte
	if address != "" {
		name, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(address)})
		if err != nil {
			t.Fatal(err)
		}
		full, _ := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: name})
		point, _ := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: full})
		inner = append(inner, point...)
	}
	if flag > 0 {
		f, _ := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: flag, Bytes: []byte{0xff}})
		inner = append(inner, f...)
	}
	seq, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: inner})
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: oidDistribution, Critical: true, Value: seq}
}

func TestCRL(t *testing.T) {
	t.Parallel()
	ca, other := newSigner(t, "Contoso Devices"), newSigner(t, "Other")
	twin := newSigner(t, "Contoso Devices") // the same name, another key
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	const point = "http://crl.contoso.example/devices.crl"
	laptop := issue(t, ca, leaf(func(c *x509.Certificate) { c.CRLDistributionPoints = []string{point} })).cert // serial 255
	hour := listing{signer: ca, this: -time.Minute, next: time.Hour}
	with := func(f func(*listing)) string { l := hour; f(&l); return l.pem(t) }
	for _, c := range []struct {
		name string
		crls []string
		soft bool
		kind fault.Kind
		want string
	}{
		{"not on it", []string{with(func(l *listing) { l.revoked = []int64{7} })}, false, accepted, ""},
		{"revoked", []string{with(func(l *listing) { l.revoked = []int64{7, 255} })}, false, fault.Denied, "was revoked on 2026-11-23"},
		{"revoked, softly", []string{with(func(l *listing) { l.revoked = []int64{255} })}, true, fault.Denied, "was revoked"},
		{"revoked on the second list", []string{hour.pem(t), with(func(l *listing) { l.revoked = []int64{255} })}, false, fault.Denied, "was revoked"},
		{"no list", nil, false, fault.Unavailable, "no revocation list of CN=Contoso Devices"},
		{"no list, softly", nil, true, accepted, ""},
		{"expired", []string{with(func(l *listing) { l.this, l.next = -2*time.Hour, -time.Hour })}, false, fault.Unavailable, "expired at 2026-11-23T08:00:00Z"},
		{"from the future", []string{with(func(l *listing) { l.this = 10 * time.Minute })}, false, fault.Unavailable, "not valid before"},
		{"of another issuer", []string{with(func(l *listing) { l.signer = other; l.revoked = []int64{255} })}, false, fault.Unavailable, "no revocation list"},
		{"signed by a namesake", []string{with(func(l *listing) { l.signer = twin })}, false, fault.Unavailable, "not signed by the certificate's issuer"},
		{"delta", []string{with(func(l *listing) {
			l.extra = []pkix.Extension{{Id: oidDelta, Critical: true, Value: []byte{2, 1, 1}}}
		})}, false, fault.Unavailable, "delta"},
		{"unknown critical extension", []string{with(func(l *listing) { l.extra = []pkix.Extension{{Id: oid(1, 2, 3), Critical: true, Value: []byte{5, 0}}} })}, false, fault.Unavailable, "critical extension"},
		{"of its own point", []string{with(func(l *listing) { l.extra = []pkix.Extension{distributionPoint(t, point, 0)} })}, false, accepted, ""},
		{"of another point", []string{with(func(l *listing) { l.extra = []pkix.Extension{distributionPoint(t, "http://else.example", 0)} })}, false, fault.Unavailable, "no revocation list"},
		{"of authorities only", []string{with(func(l *listing) { l.extra = []pkix.Extension{distributionPoint(t, "", 2)} })}, false, fault.Unavailable, "no revocation list"},
		{"of devices only", []string{with(func(l *listing) { l.extra = []pkix.Extension{distributionPoint(t, "", 1)} })}, false, accepted, ""},
		{"indirect", []string{with(func(l *listing) { l.extra = []pkix.Extension{distributionPoint(t, "", 4)} })}, false, fault.Unavailable, "indirect"},
		{"some reasons", []string{with(func(l *listing) { l.extra = []pkix.Extension{distributionPoint(t, "", 3)} })}, false, fault.Unavailable, "some reasons"},
		{"not a list", []string{"hello"}, false, fault.Unavailable, "can't be read"},
	} {
		rules := Rules{Revocation: RevocationCRL, CRLs: c.crls, SoftFail: c.soft}
		got, err := NewVerifier().Verify(t.Context(), "contoso", []*x509.Certificate{laptop}, roots, rules, now)
		if c.kind == accepted {
			if err != nil || got.Fingerprint == "" || c.soft != strings.Contains(got.Evidence(), "revocation not checked") {
				t.Errorf("%s: %v, %q", c.name, err, got.Evidence())
			}
			continue
		}
		if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) || got.Fingerprint != "" {
			t.Errorf("%s: %v; want %v with %q", c.name, err, c.kind, c.want)
		}
	}
}

func TestFetchedCRL(t *testing.T) {
	t.Parallel()
	ca := newSigner(t, "Contoso Devices")
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	var asked atomic.Int32
	list := listing{signer: ca, this: -time.Minute, next: 2 * time.Hour}
	serve := http.NewServeMux()
	serve.HandleFunc("/list", func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); _, _ = w.Write(list.der(t)) })
	serve.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/list", http.StatusFound) })
	serve.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.CopyN(w, endless{}, maxCRL+1) })
	serve.HandleFunc("/junk", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("junk")) })
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	dead := httptest.NewServer(nil)
	dead.Close()
	laptop := func(points ...string) []*x509.Certificate {
		return []*x509.Certificate{issue(t, ca, leaf(func(c *x509.Certificate) { c.CRLDistributionPoints = points })).cert}
	}
	rules := Rules{Revocation: RevocationCRL, Fetch: true, Private: true}
	v := NewVerifier()
	for range 3 {
		if _, err := v.Verify(t.Context(), "contoso", laptop(server.URL+"/list"), roots, rules, now); err != nil {
			t.Fatal(err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("fetched %d times", asked.Load())
	}
	if _, err := v.Verify(t.Context(), "fabrikam", laptop(server.URL+"/list"), roots, rules, now); err != nil || asked.Load() != 2 {
		t.Errorf("another tenant's list is its own: %v, %d", err, asked.Load())
	}
	list.revoked = []int64{255}
	if _, err := v.Verify(t.Context(), "contoso", laptop(server.URL+"/list"), roots, rules, now.Add(30*time.Second)); err != nil {
		t.Errorf("while it is kept: %v", err)
	}
	v.mu.Lock()
	for k, e := range v.kept {
		e.until = now
		v.kept[k] = e
	}
	v.mu.Unlock()
	if _, err := v.Verify(t.Context(), "contoso", laptop(server.URL+"/list"), roots, rules, now); !fault.Is(err, fault.Denied) {
		t.Errorf("fetched anew: %v", err)
	}
	list.revoked = nil
	for name, c := range map[string]struct {
		points []string
		rules  Rules
		want   string
	}{
		"fetching is off":    {[]string{server.URL + "/list"}, Rules{Revocation: RevocationCRL, Private: true}, "no revocation list"},
		"inside":             {[]string{server.URL + "/list"}, Rules{Revocation: RevocationCRL, Fetch: true}, "not on the internet"},
		"inside by name":     {[]string{strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/list"}, Rules{Revocation: RevocationCRL, Fetch: true}, "not on the internet"},
		"redirect":           {[]string{server.URL + "/moved"}, rules, "302"},
		"too large":          {[]string{server.URL + "/huge"}, rules, "too large"},
		"junk":               {[]string{server.URL + "/junk"}, rules, "can't be read"},
		"nobody there":       {[]string{dead.URL}, rules, "can't be fetched"},
		"LDAP":               {[]string{"ldap://dc1.contoso.example/cn=crl"}, rules, "no http address"},
		"file":               {[]string{"file:///etc/passwd"}, rules, "no http address"},
		"no point":           {nil, rules, "no revocation list"},
		"beyond the third":   {[]string{dead.URL, dead.URL + "/2", dead.URL + "/3", server.URL + "/list"}, rules, "can't be fetched"},
		"the second is good": {[]string{dead.URL, server.URL + "/list"}, rules, ""},
	} {
		_, err := NewVerifier().Verify(t.Context(), "contoso", laptop(c.points...), roots, c.rules, now)
		if c.want == "" && err != nil || c.want != "" && (!fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

// endless gives zeros.

type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPublic(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "127.0.0.1": false, "10.1.2.3": false, "169.254.169.254": false, "192.168.1.1": false, "100.64.0.1": false,
		"0.0.0.0": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:8.8.8.8": true, "fe80::1": false, "fc00::1": false, "64:ff9b::7f00:1": false,
		"2002:7f00:1::": false, "224.0.0.1": false, "255.255.255.255": false, "fec0::1": false, "2001:db8::1": false, "198.18.0.1": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// responderOf serves OCSP answers made by f.

// withNonce adds response extensions to an answer and signs it again.

func FuzzReadCRL(f *testing.F) {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ca := &issuer{&x509.Certificate{SubjectKeyId: []byte("x"), KeyUsage: x509.KeyUsageCRLSign}, key}
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now, NextUpdate: now.Add(time.Hour)}, ca.cert, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Add([]byte("-----BEGIN X509 CRL-----\n-----END X509 CRL-----"))
	f.Add([]byte{0x30, 0x04, 0xa0, 0x02, 0xa0, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ReadCRL(data); err == nil && (c.NextUpdate.IsZero() || c.verify(&x509.Certificate{PublicKey: &key.PublicKey, Raw: []byte("y")}) == nil && c.Entries > 0 && len(c.revoked) == 0) {
			t.Error("a list without end, or with entries that count for nothing")
		}
		c := &CRL{}
		_ = c.distribution(data)
	})
}
