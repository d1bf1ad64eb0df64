package device

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

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
func responderOf(t *testing.T, f func(req *ocsp.Request, nonce pkix.Extension) []byte) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		req, err := ocsp.ParseRequest(body)
		if err != nil || r.Header.Get("Content-Type") != "application/ocsp-request" {
			t.Errorf("request: %v", err)
			return
		}
		var outer struct {
			TBS struct {
				List       asn1.RawValue
				Extensions []pkix.Extension `asn1:"explicit,tag:2,optional"`
			}
		}
		if _, err := asn1.Unmarshal(body, &outer); err != nil || len(outer.TBS.Extensions) != 1 || !outer.TBS.Extensions[0].Id.Equal(oidNonce) {
			t.Errorf("no nonce: %v", err)
			return
		}
		_, _ = w.Write(f(req, outer.TBS.Extensions[0]))
	}))
	t.Cleanup(s.Close)
	return s
}

// withNonce adds response extensions to an answer and signs it again.
func withNonce(t *testing.T, answer []byte, key crypto.Signer, nonce pkix.Extension) []byte {
	t.Helper()
	var outer struct {
		Status   asn1.Enumerated
		Response struct {
			Type  asn1.ObjectIdentifier
			Bytes []byte
		} `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(answer, &outer); err != nil {
		t.Fatal(err)
	}
	var basic struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
		Certs     []asn1.RawValue `asn1:"explicit,tag:0,optional"`
	}
	if _, err := asn1.Unmarshal(outer.Response.Bytes, &basic); err != nil {
		t.Fatal(err)
	}
	ext, err := asn1.MarshalWithParams([]pkix.Extension{nonce}, "explicit,tag:1")
	if err != nil {
		t.Fatal(err)
	}
	basic.TBS = asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: append(basic.TBS.Bytes[:len(basic.TBS.Bytes):len(basic.TBS.Bytes)], ext...)}
	tbs, err := asn1.Marshal(basic.TBS)
	if err != nil {
		t.Fatal(err)
	}
	h := crypto.SHA256.New()
	h.Write(tbs)
	sig, err := key.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	basic.Signature = asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)}
	if outer.Response.Bytes, err = asn1.Marshal(basic); err != nil {
		t.Fatal(err)
	}
	out, err := asn1.Marshal(outer)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOCSP(t *testing.T) {
	t.Parallel()
	ca, other := newSigner(t, "Contoso Devices"), newSigner(t, "Other")
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	delegate := func(parent *issuer, ekus ...x509.ExtKeyUsage) *issuer {
		return issue(t, parent, &x509.Certificate{Subject: pkix.Name{CommonName: "Responder"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), ExtKeyUsage: ekus, KeyUsage: x509.KeyUsageDigitalSignature})
	}
	good, noEKU, foreign := delegate(ca, x509.ExtKeyUsageOCSPSigning), delegate(ca, x509.ExtKeyUsageClientAuth), delegate(other, x509.ExtKeyUsageOCSPSigning)
	old := issue(t, ca, &x509.Certificate{Subject: pkix.Name{CommonName: "Old"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(-time.Minute), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}})
	base := ocsp.Response{Status: ocsp.Good, SerialNumber: big.NewInt(255), ThisUpdate: now.Add(-time.Minute).Truncate(time.Minute), NextUpdate: now.Add(time.Hour)}
	answer := func(issuerCert *x509.Certificate, by *issuer, change func(*ocsp.Response)) []byte {
		r := base
		if by != ca && by != other {
			r.Certificate = by.cert
		}
		if change != nil {
			change(&r)
		}
		der, err := ocsp.CreateResponse(issuerCert, by.cert, r, by.key)
		if err != nil {
			t.Error(err)
		}
		return der
	}
	wrong, _ := asn1.Marshal(make([]byte, 32))
	for _, c := range []struct {
		name   string
		answer func(nonce pkix.Extension) []byte
		strict bool
		kind   fault.Kind
		want   string
	}{
		{"good, by the issuer", func(pkix.Extension) []byte { return answer(ca.cert, ca, nil) }, false, accepted, ""},
		{"good, by a delegate", func(pkix.Extension) []byte { return answer(ca.cert, good, nil) }, false, accepted, ""},
		{"good, with nonce", func(n pkix.Extension) []byte { return withNonce(t, answer(ca.cert, ca, nil), ca.key, n) }, true, accepted, ""},
		{"revoked", func(pkix.Extension) []byte {
			return answer(ca.cert, good, func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, now.Add(-time.Hour) })
		}, false, fault.Denied, "was revoked on 2026-11-23"},
		{"unknown", func(pkix.Extension) []byte {
			return answer(ca.cert, ca, func(r *ocsp.Response) { r.Status = ocsp.Unknown })
		}, false, fault.Unavailable, "does not know"},
		{"delegate without usage", func(pkix.Extension) []byte { return answer(ca.cert, noEKU, nil) }, false, fault.Unavailable, "lacks the extended key usage OCSPSigning"},
		{"delegate of another authority", func(pkix.Extension) []byte { return answer(ca.cert, foreign, nil) }, false, fault.Unavailable, "can't be used"},
		{"delegate that has expired", func(pkix.Extension) []byte { return answer(ca.cert, old, nil) }, false, fault.Unavailable, "not valid now"},
		{"by another authority", func(pkix.Extension) []byte { return answer(ca.cert, other, nil) }, false, fault.Unavailable, "can't be used"},
		{"about another issuer's", func(pkix.Extension) []byte { return answer(other.cert, good, nil) }, false, fault.Unavailable, "not about this certificate"},
		{"about another serial", func(pkix.Extension) []byte {
			return answer(ca.cert, ca, func(r *ocsp.Response) { r.SerialNumber = big.NewInt(9) })
		}, false, fault.Unavailable, "can't be used"},
		{"expired", func(pkix.Extension) []byte {
			return answer(ca.cert, ca, func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = now.Add(-2*time.Hour), now.Add(-time.Hour) })
		}, false, fault.Unavailable, "expired at"},
		{"old, without end", func(pkix.Extension) []byte {
			return answer(ca.cert, ca, func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = now.Add(-2*time.Hour), time.Time{} })
		}, false, fault.Unavailable, "expired at"},
		{"from the future", func(pkix.Extension) []byte {
			return answer(ca.cert, ca, func(r *ocsp.Response) { r.ThisUpdate = now.Add(10 * time.Minute) })
		}, false, fault.Unavailable, "not valid yet"},
		{"no nonce where one is needed", func(pkix.Extension) []byte { return answer(ca.cert, ca, nil) }, true, fault.Unavailable, "has no nonce"},
		{"another nonce", func(pkix.Extension) []byte {
			return withNonce(t, answer(ca.cert, ca, nil), ca.key, pkix.Extension{Id: oidNonce, Value: wrong})
		}, false, fault.Unavailable, "nonce is not the one"},
		{"critical extension", func(pkix.Extension) []byte {
			return withNonce(t, answer(ca.cert, ca, nil), ca.key, pkix.Extension{Id: oid(1, 2, 3), Critical: true, Value: wrong})
		}, false, fault.Unavailable, "critical extension"},
		{"changed after signing", func(n pkix.Extension) []byte { return withNonce(t, answer(ca.cert, ca, nil), other.key, n) }, false, fault.Unavailable, "can't be used"},
		{"try later", func(pkix.Extension) []byte { return ocsp.TryLaterErrorResponse }, false, fault.Unavailable, "refused"},
		{"junk", func(pkix.Extension) []byte { return []byte("junk") }, false, fault.Unavailable, "can't be used"},
	} {
		s := responderOf(t, func(_ *ocsp.Request, n pkix.Extension) []byte { return c.answer(n) })
		laptop := issue(t, ca, leaf(func(l *x509.Certificate) { l.OCSPServer = []string{s.URL} })).cert
		rules := Rules{Revocation: RevocationOCSP, Nonce: c.strict, Private: true}
		got, err := NewVerifier().Verify(t.Context(), "contoso", []*x509.Certificate{laptop}, roots, rules, now)
		if c.kind == accepted && (err != nil || got.Fingerprint == "") || c.kind != accepted && (!fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v; want %v with %q", c.name, err, c.kind, c.want)
		}
	}
	dead := httptest.NewServer(nil)
	dead.Close()
	for name, c := range map[string]struct {
		servers []string
		rules   Rules
		want    string
	}{
		"unreachable":         {[]string{dead.URL}, Rules{Revocation: RevocationOCSP, Private: true}, "can't be fetched"},
		"unreachable, softly": {[]string{dead.URL}, Rules{Revocation: RevocationOCSP, Private: true, SoftFail: true}, ""},
		"none named":          {nil, Rules{Revocation: RevocationOCSP, Private: true}, "names no OCSP responder"},
		"inside":              {[]string{"http://127.0.0.1:1/"}, Rules{Revocation: RevocationOCSP}, "not on the internet"},
	} {
		laptop := issue(t, ca, leaf(func(l *x509.Certificate) { l.OCSPServer = c.servers })).cert
		_, err := NewVerifier().Verify(t.Context(), "contoso", []*x509.Certificate{laptop}, roots, c.rules, now)
		if c.want == "" && err != nil || c.want != "" && (!fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	ca := newSigner(t, "Contoso Devices")
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	const smartcard = "1.3.6.1.4.1.311.20.2.2"
	short, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // what must be refused
	if err != nil {
		t.Fatal(err)
	}
	small, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keyed := func(key any) *x509.Certificate {
		tmpl := leaf(nil)
		tmpl.SerialNumber = big.NewInt(1)
		der, err := x509.CreateCertificate(rand.Reader, tmpl, ca.cert, key, ca.key)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	with := func(f func(*x509.Certificate)) *x509.Certificate { return issue(t, ca, leaf(f)).cert }
	for _, c := range []struct {
		name  string
		cert  *x509.Certificate
		rules Rules
		id    string
		want  string
	}{
		{"no rules", with(nil), Rules{}, "", ""},
		{"usage listed", with(func(c *x509.Certificate) {
			c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{oid(1, 3, 6, 1, 4, 1, 311, 20, 2, 2)}
		}), Rules{EKUs: []string{smartcard}}, "", ""},
		{"usage not listed", with(nil), Rules{EKUs: []string{smartcard}}, "", "does not list the extended key usage " + smartcard},
		{"no usages, where one must be listed", with(func(c *x509.Certificate) { c.ExtKeyUsage = nil }), Rules{EKUs: []string{"1.3.6.1.5.5.7.3.2"}}, "", "does not list"},
		{"any usage is none", with(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }), Rules{EKUs: []string{"1.3.6.1.5.5.7.3.2"}}, "", "does not list"},
		{"key may not sign", with(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), Rules{}, "", "may not sign"},
		{"short RSA", keyed(&short.PublicKey), Rules{}, "", "fewer than 2048 bits"},
		{"short curve", keyed(&small.PublicKey), Rules{}, "", "fewer than 256 bits"},
		{"id as name", with(func(c *x509.Certificate) { c.Subject.CommonName = "8F1C-AA" }), Rules{DeviceID: IDSubject}, "8f1c-aa", ""},
		{"id as URI", with(func(c *x509.Certificate) { c.URIs = []*url.URL{{Scheme: "urn", Opaque: "device:8f1c"}} }), Rules{DeviceID: IDURI}, "8f1c", ""},
		{"id as DNS name", with(func(c *x509.Certificate) { c.DNSNames = []string{"PC-1.contoso.example"} }), Rules{DeviceID: IDDNS}, "pc-1.contoso.example", ""},
		{"no id", with(nil), Rules{DeviceID: IDURI}, "", ""},
		{"id that is none", with(func(c *x509.Certificate) { c.Subject.CommonName = "a b'" }), Rules{DeviceID: IDSubject}, "", ""},
	} {
		got, err := NewVerifier().Verify(context.Background(), "contoso", []*x509.Certificate{c.cert}, roots, c.rules, now)
		if c.want != "" {
			if !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v; want %q", c.name, err, c.want)
			}
			continue
		}
		id := ""
		if got.Facts != nil {
			id, _ = got.Facts.DeviceID.Value()
		}
		if err != nil || id != c.id {
			t.Errorf("%s: %q, %v", c.name, id, err)
		}
	}
}

func TestVerifierKeepsWithinBounds(t *testing.T) {
	t.Parallel()
	v := NewVerifier()
	for i := range maxEntries + 50 {
		v.keep(strings.Repeat("x", i+1), kept{until: now.Add(time.Hour)}, now)
	}
	sum := 0
	for _, k := range v.kept {
		sum += k.size
	}
	if len(v.kept) > maxEntries || sum != v.bytes {
		t.Errorf("%d entries, %d bytes counted as %d", len(v.kept), sum, v.bytes)
	}
	v.keep("huge", kept{crl: &CRL{list: &x509.RevocationList{Raw: make([]byte, maxBytes)}}, until: now.Add(time.Hour)}, now)
	if _, ok := v.have("huge", now); ok {
		t.Error("more was kept than fits")
	}
}

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

func FuzzReadOCSP(f *testing.F) {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, NotBefore: now, NotAfter: now.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		f.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		f.Fatal(err)
	}
	answer, err := ocsp.CreateResponse(cert, cert, ocsp.Response{Status: ocsp.Good, SerialNumber: big.NewInt(1), ThisUpdate: now, NextUpdate: now.Add(time.Hour)}, key)
	if err != nil {
		f.Fatal(err)
	}
	id, err := certIDOf(cert, cert)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer)
	f.Add(ocsp.TryLaterErrorResponse)
	seed := string(answer)
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := readOCSP(data, cert, cert, id, make([]byte, 32), false, now)
		if err == nil && string(data) != seed {
			if res, perr := ocsp.ParseResponseForCert(data, cert, cert); perr != nil || res.Status != ocsp.Good {
				t.Errorf("accepted: %x", data)
			}
		}
		var n []pkix.Extension
		_, _ = asn1.Unmarshal(data, &n)
		_ = nonceOf(n, []byte("x"), false)
	})
}
