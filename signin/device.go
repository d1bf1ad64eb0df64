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
	"github.com/referee-casb/referee/tenant"
)

// Devices verifies client certificates against a tenant's authorities and keeps what they prove.
type Devices interface {
	// Verify checks a presented chain; a fault of kind Denied says what is wrong with it.
	Verify(tenant model.TenantID, chain []*x509.Certificate, now time.Time) (device.Certificate, error)
	// Prove adds a proof to a session and tells every gateway.
	Prove(ctx context.Context, tenant model.TenantID, id model.SessionID, p model.Proof) error
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

// deviceStart sends the browser to the device host, the one place that asks for client certificates.
func (b *Broker) deviceStart(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	ret := r.URL.Query().Get("ret")
	s, _, err := b.current(r, t.ID)
	switch {
	case err != nil:
		b.start(w, r, t, r.URL.Path+"?"+r.URL.RawQuery, -1)
		return
	case b.config.DeviceOrigin == "":
		b.fail(w, r, t, fault.New(fault.Unavailable, "signin.device", "device proof is not set up"))
		return
	}
	if !b.returnable(t.ID, ret) {
		b.fail(w, r, t, fault.New(fault.Invalid, "signin.device", "the return address is not one of ours"))
		return
	}
	token, err := b.parts.Tokens.Sign(t.ID, purposeDevice, trip{s.ID, ret}.encode(), b.parts.Now().Add(proofTrip))
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, b.config.DeviceOrigin+"/prove?"+url.Values{"tenant": {string(t.ID)}, "token": {token}}.Encode(), http.StatusSeeOther)
}

// returnable accepts a path of this tenant at this origin, or a page on one of the tenant's mapped hosts.
func (b *Broker) returnable(id model.TenantID, ret string) bool {
	if localReturn(id, ret) {
		return true
	}
	u, err := url.Parse(ret)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return false
	}
	_, ok := b.parts.Catalog.ByHost(id, u.Host)
	return ok
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
	w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	host := strings.TrimPrefix(b.config.DeviceOrigin, "https://")
	if name, _, _ := strings.Cut(host, ":"); r.TLS == nil || r.Host != host || !strings.EqualFold(r.TLS.ServerName, name) {
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
		b.fail(w, r, t, &fault.Error{Kind: fault.Denied, Op: "signin.prove", Msg: "this request for proof is not valid any more", Help: "open the app again", Err: err})
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
	const kind = "client-certificate"
	if len(r.TLS.PeerCertificates) == 0 {
		return device.Issue(model.TagUnmanaged, kind, "no certificate was presented", now, refusalLease)
	}
	cert, err := b.parts.Devices.Verify(t.ID, r.TLS.PeerCertificates, now)
	if err != nil {
		b.parts.Log.Info("client certificate refused", "tenant", t.ID, "err", err)
		return device.Issue(model.TagUnmanaged, kind, "the certificate was refused: "+err.Error(), now, refusalLease)
	}
	lease := proofLease
	if t.Device.Lease > 0 {
		lease = time.Duration(t.Device.Lease)
	}
	return device.Issue(model.TagValidClientCertificate, kind, cert.Evidence(), now, lease)
}

// deviceDone gives the proof to the session of the browser that asked for it.
func (b *Broker) deviceDone(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	var flow proofFlow
	if err := b.flows.take(r.Context(), t.ID, FlowProof, hashOf(r.URL.Query().Get("code")), &flow); err != nil {
		b.fail(w, r, t, &fault.Error{Kind: fault.Denied, Op: "signin.device", Msg: "this proof is not valid any more", Help: "open the app again", Err: err})
		return
	}
	s, _, err := b.current(r, t.ID)
	if err != nil || s.ID != flow.Session {
		b.fail(w, r, t, fault.New(fault.Denied, "signin.device", "this proof was asked for by another browser"))
		return
	}
	if err := b.parts.Devices.Prove(r.Context(), t.ID, s.ID, flow.Proof); err != nil {
		b.fail(w, r, t, err)
		return
	}
	err = b.record(r, s, model.ActivityDeviceProof, func(a *model.Activity) {
		a.Reason = flow.Proof.Evidence
		a.Device.Tags = []model.DeviceTag{flow.Proof.Tag}
	})
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	target := flow.Return
	if strings.HasPrefix(target, "/") {
		target = b.config.Origin + target
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}
