package signin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/tenant"
)

// signalSource are the keys of one transmitter, for the settings that they were read for.
type signalSource struct {
	settings tenant.Signals
	caFile   string
	keys     *keySource
}

// signals takes a security event that a provider's transmitter pushes (RFC 8935), and ends the sessions that it says
// are revoked.
func (b *Broker) signals(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return string(p.ID) == r.PathValue("provider") })
	if i < 0 || t.Providers[i].Signals == nil {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin", "there is nothing at this address"))
		return
	}
	p := t.Providers[i]
	if !b.hearing(w, r, t) {
		return
	}
	s, err := b.signalFrom(r, t, p)
	if err == nil {
		err = b.obey(r, t, p, s)
	}
	if err == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	// fail closed: an event that can't be believed ends nothing, and one that could not be obeyed is sent again
	b.refuseTold(r, t, p, "ProviderSignalRefused", err)
	refused := new(refusedSet)
	switch {
	case errors.As(err, &refused):
		w.Header().Set("Content-Language", "en")
		writeJSON(w, http.StatusBadRequest, map[string]string{"err": refused.code, "description": toldReason(err)})
	default:
		w.Header().Set("Retry-After", "30")
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"description": toldReason(err)})
	}
}

// obey does what a believed event asks for, once, and writes it down. The same event again is acknowledged as the
// first time (RFC 8935 section 2) and does nothing.
func (b *Broker) obey(r *http.Request, t tenant.Tenant, p tenant.Provider, s signal) error {
	switch err := b.notTold(r.Context(), t.ID, p.ID, "set\x00"+s.id); {
	case fault.Is(err, fault.Denied):
		b.recordTold(r, t, p, "ProviderSignalRepeated", "event "+strconv.Quote(s.id)+" was taken before: nothing was done")
		return nil
	case err != nil:
		return err
	}
	what := "nothing is done for event " + strconv.Quote(s.event)
	if s.ends() {
		why := "session revoked at " + nameOrID(p)
		if s.event == eventCredentialChange {
			why = "credential revoked at " + nameOrID(p)
		}
		n, err := b.endOf(r.Context(), t.ID, p.ID, why, s.subject.names(), s.hears)
		if err != nil {
			return err
		}
		what = why + ", " + s.subject.String() + ": sessions ended: " + strconv.Itoa(n)
	}
	if err := b.told(r.Context(), t.ID, p.ID, "set\x00"+s.id, signalAge); err != nil {
		return err
	}
	b.recordTold(r, t, p, "ProviderSignal", what)
	return nil
}

// signalFrom reads and verifies a request's security event token.
func (b *Broker) signalFrom(r *http.Request, t tenant.Tenant, p tenant.Provider) (signal, error) {
	set := *p.Signals
	if set.TokenFile != "" {
		want, err := b.parts.Secrets(set.TokenFile)
		if err != nil || want == "" {
			return signal{}, fault.New(fault.Unavailable, "signin.signals", "the bearer token of the stream can't be read: %v", err)
		}
		scheme, got, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || !sameSecret(hashOf(got), hashOf(want)) {
			return signal{}, refuseSet(setUnproven, "its transmitter did not send the stream's bearer token")
		}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/secevent+jwt" {
		return signal{}, refuseSet(setInvalid, "its content type is %.100q, not application/secevent+jwt", r.Header.Get("Content-Type"))
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return signal{}, refuseSet(setInvalid, "it can't be read: %s", err)
	}
	keys, algs, err := b.signalKeys(r.Context(), t, p)
	if err != nil {
		return signal{}, err
	}
	signed, err := parseSigned(string(raw), algs)
	if err != nil {
		return signal{}, &refusedSet{setInvalid, err}
	}
	claims, err := signed.verify(r.Context(), keys)
	switch {
	case fault.Is(err, fault.Denied):
		return signal{}, &refusedSet{setKey, err}
	case err != nil:
		return signal{}, err
	}
	own := providerIssuer(p)
	issuer := cmp.Or(set.Issuer, own)
	audience := cmp.Or(set.Audience, b.url(t.ID, "/signals/"+url.PathEscape(string(p.ID))))
	return readSet(signed.typ, claims, issuer, audience, []string{own, issuer}, b.parts.Now())
}

// providerIssuer is how a provider calls itself.
func providerIssuer(p tenant.Provider) string {
	if p.Federated() {
		return p.SAML.EntityID
	}
	return p.Issuer
}

// signalKeys finds the keys of a provider's events: where the settings say, at the transmitter's own discovery
// document where it has an issuer of its own, else those of the provider.
func (b *Broker) signalKeys(ctx context.Context, t tenant.Tenant, p tenant.Provider) (*keySource, []jose.SignatureAlgorithm, error) {
	if p.Signals.JWKS == "" && p.Signals.Issuer == "" {
		up, err := b.upstream(ctx, t, p)
		if err != nil {
			return nil, nil, err
		}
		return up.keys, up.algs, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := upstreamKey{t.ID, p.ID}
	if have := b.transmitters[key]; have != nil && have.settings == *p.Signals && have.caFile == p.CAFile {
		return have.keys, asymmetric, nil
	}
	client, err := b.clientFor(p)
	if err != nil {
		return nil, nil, err
	}
	keys := &keySource{address: p.Signals.JWKS, client: client, now: b.parts.Now}
	if keys.address == "" {
		issuer := p.Signals.Issuer
		keys.locate = func(ctx context.Context) (string, error) { return transmitterKeys(ctx, client, issuer) }
	}
	b.transmitters[key] = &signalSource{*p.Signals, p.CAFile, keys}
	return keys, asymmetric, nil
}

// transmitterKeys reads a transmitter's discovery document (Shared Signals Framework 1.0 section 7) and returns the
// address of its keys.
func transmitterKeys(ctx context.Context, client *http.Client, issuer string) (string, error) {
	const op = "signin.signals"
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", fault.New(fault.Unavailable, op, "issuer %.200q is no https address: set jwks", issuer)
	}
	u.Path = "/.well-known/ssf-configuration" + strings.TrimSuffix(u.Path, "/")
	text, err := fetchSmall(ctx, client, u.String())
	if err != nil {
		return "", err
	}
	var says struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(text, &says); err != nil {
		return "", fault.As(err, fault.Unavailable, op, u.String())
	}
	if at, err := url.Parse(says.Keys); says.Issuer != issuer || err != nil || at.Scheme != "https" || at.Host == "" {
		return "", fault.New(fault.Unavailable, op, "%s is of issuer %.200q and has keys at %.200q", u, says.Issuer, says.Keys)
	}
	return says.Keys, nil
}
