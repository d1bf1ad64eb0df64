package signin

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// Devices verifies client certificates against a tenant's authorities, asks management systems about devices,
// and tells gateways of a changed session.
type Devices interface {
	// Verify checks a presented chain; a fault of kind Denied says what is wrong with it, one of kind Unavailable
	// why it can't be found out.
	Verify(ctx context.Context, tenant model.TenantID, chain []*x509.Certificate, now time.Time) (device.Certificate, error)
	// Changed makes every gateway read a session again whose proofs or person were just stored.
	Changed(ctx context.Context, tenant model.TenantID, id model.SessionID) error
}

// Lifetimes of the detour to the device host, and of what it found.
const (
	proofTrip    = 2 * time.Minute  // from asking to presenting
	proofReturn  = 30 * time.Second // from presenting to redeeming
	proofLease   = 10 * time.Minute // how long a certificate counts
	refusalLease = 2 * time.Minute  // how long "none was presented" is believed before asking again
)

const purposeDevice = "device-proof"

// proofFlow is a result on its way from the device host to the browser's session. It names the session that
// asked; only the browser that holds that session's cookie can redeem it, so a colleague who is lured to the
// device host with somebody else's link proves nothing for them.
type proofFlow struct {
	Session model.SessionID `json:"session"`
	Proof   model.Proof     `json:"proof"`
	Return  string          `json:"return"`
}

// trip is what the device host is told.
type trip struct {
	session model.SessionID
	ret     string
}

func (t trip) encode() []byte { return []byte(string(t.session) + "\n" + t.ret) }

func parseTrip(b []byte) (trip, bool) {
	id, ret, ok := strings.Cut(string(b), "\n")
	return trip{model.SessionID(id), ret}, ok
}

// purposeReturn is the purpose of tokens by which a gateway names the page to come back to.
const purposeReturn = "return"

// deviceStart asks for all that may prove the device, one after the other: a client certificate at the device host,
// the one place that asks for them; the provider, by a silent request; and for a device id that these prove,
// management systems. Afterwards the browser goes on at ret, a path of the broker, or at the mapped page that a
// gateway has signed in to.
func (b *Broker) deviceStart(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	ret, err := b.deviceReturn(r, t.ID)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	s, _, ok := b.signedIn(w, r, t)
	if !ok {
		return
	}
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	if reason, changed := device.Change(seenIn(&s), b.seen(r, t.ID)); changed {
		b.noteChange(r, t, s, reason)
	}
	if !b.asksCertificates(t) {
		if !b.startSilent(w, r, t, s, ret) {
			b.finishProof(w, r, t, s, nil, ret)
		}
		return
	}
	token, err := b.parts.Tokens.Sign(t.ID, purposeDevice, trip{s.ID, ret}.encode(), b.parts.Now().Add(proofTrip))
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, b.config.DeviceOrigin+"/prove?"+url.Values{"tenant": {string(t.ID)}, "token": {token}}.Encode(), http.StatusSeeOther)
}

// deviceReturn reads where to go on after the proof. Whatever is neither a path of this tenant here nor signed
// by a gateway is refused: no step leads to another site (open redirect).
func (b *Broker) deviceReturn(r *http.Request, id model.TenantID) (string, error) {
	const op = "signin.device"
	if token := r.URL.Query().Get("to"); token != "" {
		page, err := b.parts.Tokens.Verify(id, purposeReturn, token)
		if err != nil {
			return "", gone(asNotFound(err), op, "this request for proof is not valid any more")
		}
		if to := string(page); b.mappedReturn(id, to) {
			return to, nil
		}
	} else if ret := r.URL.Query().Get("ret"); localReturn(id, ret) {
		return ret, nil
	}
	return "", &fault.Error{Kind: fault.Invalid, Op: op, Msg: "the address to return to is not one of ours", Help: "Open the app again."}
}

// asNotFound makes a token's refusal the absence of what it would have named; a vault that does not answer
// stays unavailable.
func asNotFound(err error) error {
	if fault.Is(err, fault.Unauthenticated) {
		return fault.As(err, fault.NotFound, "signin.token", "")
	}
	return err
}

// absolute makes a return target an address.
func (b *Broker) absolute(target string) string {
	if strings.HasPrefix(target, "/") {
		return b.config.Origin + target
	}
	return target
}

func (b *Broker) deviceRoutes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /prove", b.prove)
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		b.fail(w, r, tenant.Tenant{}, fault.New(fault.NotFound, "signin.device", "there is nothing at this address"))
	})
	return m
}

// ServeDevice serves the device host. Its connections ask for client certificates and those of other hosts do
// not, so a request that a browser coalesced onto the wrong connection is answered 421 (RFC 9110 section
// 15.5.20) and comes again on the right one.
func (b *Broker) ServeDevice(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	host := strings.TrimPrefix(b.config.DeviceOrigin, "https://")
	name, _, _ := strings.Cut(host, ":")
	if host == "" || r.TLS == nil || !strings.EqualFold(r.Host, host) || !strings.EqualFold(r.TLS.ServerName, name) {
		http.Error(w, "misdirected request", http.StatusMisdirectedRequest)
		return
	}
	b.device.ServeHTTP(w, r)
}

// prove reads what the connection proved and sends it back to the broker.
func (b *Broker) prove(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	t, ok := b.parts.Tenants.Tenant(model.TenantID(q.Get("tenant")))
	if !ok {
		b.fail(w, r, tenant.Tenant{}, fault.New(fault.NotFound, "signin.prove", "there is nothing at this address"))
		return
	}
	payload, err := b.parts.Tokens.Verify(t.ID, purposeDevice, q.Get("token"))
	if err != nil {
		b.fail(w, r, t, gone(asNotFound(err), "signin.prove", "this request for proof is not valid any more"))
		return
	}
	to, ok := parseTrip(payload)
	if !ok {
		b.fail(w, r, t, fault.New(fault.Denied, "signin.prove", "this request for proof is malformed"))
		return
	}
	code := newSecret()
	flow := proofFlow{Session: to.session, Return: to.ret, Proof: b.weigh(t, r)}
	if err := b.flows.put(r.Context(), t.ID, FlowProof, hashOf(code), flow, proofReturn); err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, b.url(t.ID, "/device/done?code="+code), http.StatusSeeOther)
}

// weigh turns the connection's certificate into a proof. No certificate, or one that does not verify, is a
// short-lived proof of being unmanaged: fail closed, and ask again soon.
func (b *Broker) weigh(t tenant.Tenant, r *http.Request) model.Proof {
	now := b.parts.Now()
	if len(r.TLS.PeerCertificates) == 0 {
		return device.Issue(model.TagUnmanaged, device.KindNone, "no certificate was presented", now, refusalLease)
	}
	cert, err := b.parts.Devices.Verify(r.Context(), t.ID, r.TLS.PeerCertificates, now)
	if fault.Is(err, fault.Unavailable) {
		// fail closed: the device is unknown, which policies count as unmanaged unless they say otherwise
		b.parts.Log.Warn("client certificate not verified", "tenant", t.ID, "err", err)
		return device.Issue(model.TagUnknown, device.KindNone, "the certificate could not be verified: "+err.Error(), now, refusalLease)
	}
	if err != nil {
		b.parts.Log.Info("client certificate refused", "tenant", t.ID, "err", err)
		return device.Issue(model.TagUnmanaged, device.KindNone, "the certificate was refused: "+err.Error(), now, refusalLease)
	}
	lease := proofLease
	if t.Device.Lease > 0 {
		lease = time.Duration(t.Device.Lease)
	}
	p := device.Issue(model.TagValidClientCertificate, device.KindCertificate, cert.Evidence(), now, lease)
	p.Facts = cert.Facts
	return p
}

// deviceDone gives the proof to the session of the browser that asked for it. The newest answer counts: a
// certificate takes the place of "none was shown", and the other way round.
func (b *Broker) deviceDone(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	const op = "signin.device"
	var flow proofFlow
	if err := b.flows.take(r.Context(), t.ID, FlowProof, hashOf(r.URL.Query().Get("code")), &flow); err != nil {
		b.fail(w, r, t, gone(err, op, "this proof is not valid any more"))
		return
	}
	s, _, err := b.current(r, t.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		b.fail(w, r, t, err)
		return
	}
	if s.ID != flow.Session {
		b.fail(w, r, t, &fault.Error{Kind: fault.Denied, Op: op, Msg: "this proof was asked for by another browser", Help: "Open the app again."})
		return
	}
	if err := b.keepProofs(r, t, s, []model.Proof{flow.Proof}); err != nil {
		b.fail(w, r, t, err) // fail closed: the proof does not count
		return
	}
	if s, _, err = b.current(r, t.ID); err != nil {
		b.fail(w, r, t, err)
		return
	}
	if !b.startSilent(w, r, t, s, flow.Return) {
		b.finishProof(w, r, t, s, nil, flow.Return)
	}
}

// seen is how the browser of a request looks, as far as proofs are tied to it. The TLS fingerprint counts by
// its ciphers alone: the rest of it differs when the same browser resumes a connection or asks for WebSockets.
func (b *Broker) seen(r *http.Request, id model.TenantID) device.Binding {
	n := b.parts.Locator.Locate(id, r.RemoteAddr)
	ja4 := ""
	if b.parts.Print != nil {
		ja4 = b.parts.Print(r)
	}
	return device.Binding{TLSPrint: cipherPart(ja4), Address: n.Address, ASN: n.ASN, Agent: r.UserAgent()}
}

// seenIn is how the session's browser looked when it signed in or last proved its device.
func seenIn(s *session.Session) device.Binding {
	return device.Binding{TLSPrint: cipherPart(s.TLSPrint), Address: s.Network.Address, ASN: s.Network.ASN, Agent: s.Agent.Raw}
}

// cipherPart is the second part of a JA4 fingerprint, "" when there is none.
func cipherPart(ja4 string) string {
	_, rest, _ := strings.Cut(ja4, "_")
	part, _, _ := strings.Cut(rest, "_")
	return part
}
