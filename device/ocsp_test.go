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
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/referee-casb/referee/fault"
)

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
