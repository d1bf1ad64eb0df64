package signin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// Bounds of a provider's test.
const (
	probeTime = 10 * time.Second // in all
	maxProbe  = 1 << 20          // bytes of one answer
)

// ProbeOptions say how a provider is tested.
type ProbeOptions struct {
	// Private lets the test reach addresses that are not on the internet. Without it one that is refused and one that
	// nobody answers at look alike, so that the test shows nobody around in the network of Referee's host.
	Private  bool
	Metadata []byte // of a SAML provider, to compare the settings with; nil for none
}

// Check is one thing that a test looked at.
type Check struct {
	Name   string `json:"name" example:"discovery"`
	State  string `json:"state" enum:"good,warning,wrong"`
	Detail string `json:"detail"`
	Help   string `json:"help,omitempty" doc:"How to mend it."`
}

// probe collects checks.
type probe struct {
	checks  []Check
	client  *http.Client
	private bool
}

func (p *probe) good(name, format string, args ...any) {
	p.checks = append(p.checks, Check{Name: name, State: "good", Detail: fmt.Sprintf(format, args...)})
}

func (p *probe) warn(name, help, format string, args ...any) {
	p.checks = append(p.checks, Check{Name: name, State: "warning", Detail: fmt.Sprintf(format, args...), Help: help})
}

func (p *probe) wrong(name, help, format string, args ...any) {
	p.checks = append(p.checks, Check{Name: name, State: "wrong", Detail: fmt.Sprintf(format, args...), Help: help})
}

// ProbeProvider looks whether a provider's settings can work. An OpenID provider's discovery document and keys are
// fetched anew, within ten seconds, without following redirects; a SAML provider is not asked: its settings are checked,
// and compared with metadata. What is wrong is in the checks; an error means that nothing could be looked at.
func (b *Broker) ProbeProvider(ctx context.Context, id model.TenantID, settings tenant.Provider, o ProbeOptions) ([]Check, error) {
	settings = settings.WithDefaults()
	p := &probe{private: o.Private}
	if settings.Federated() {
		err := b.probeSAML(ctx, id, settings, o.Metadata, p)
		return p.checks, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	b.probeSecret(settings, p)
	client, err := b.probeClient(settings, o.Private)
	if err != nil {
		p.wrong("authorities", "put certificates in PEM into the file that caFile names, readable to Referee", "the further authorities can't be used")
		return p.checks, nil //nolint:nilerr // told as a check
	}
	defer client.CloseIdleConnections()
	p.client = client
	p.openID(ctx, settings)
	return p.checks, nil
}

// probeSecret says whether the client secret can be read, never what it is.
func (b *Broker) probeSecret(s tenant.Provider, p *probe) {
	const name = "secret"
	if s.SecretFile == "" {
		p.warn(name, "set secretFile, where the provider gave Referee a client secret", "no client secret is set: Referee is a public client, protected by PKCE alone")
		return
	}
	switch secret, err := b.parts.Secrets(s.SecretFile); {
	case err != nil:
		p.wrong(name, "make the file on the host that Referee runs on, readable to its user", "the client secret can't be read")
	case strings.TrimSpace(secret) == "":
		p.wrong(name, "paste the client secret into the file", "the file of the client secret is empty")
	default:
		p.good(name, "the client secret can be read; only a sign-in shows whether it is right")
	}
}

// errInside is why a tenant's test did not connect.
var errInside = errors.New("the address is not on the internet")

// probeClient is the client of sign-in with narrower bounds: no redirects and no kept connections. Unless private
// addresses are allowed it looks at the address after it was resolved, so that no name leads inside.
func (b *Broker) probeClient(s tenant.Provider, private bool) (*http.Client, error) {
	base, err := b.clientFor(s)
	if err != nil {
		return nil, err
	}
	own := noRedirects(base)
	transport, ok := base.Transport.(*http.Transport)
	if base.Transport == nil {
		transport, ok = http.DefaultTransport.(*http.Transport)
	}
	if !ok {
		return nil, fault.New(fault.Internal, "signin.probeClient", "this transport can't be bounded")
	}
	transport = transport.Clone()
	transport.DisableKeepAlives, transport.MaxResponseHeaderBytes = true, 64<<10
	if !private {
		dialer := &net.Dialer{Timeout: probeTime, Control: func(_, address string, _ syscall.RawConn) error {
			// fail closed: what isn't plainly on the internet is not connected to
			if at, err := netip.ParseAddrPort(address); err != nil || !device.Public(at.Addr()) {
				return errInside
			}
			return nil
		}}
		transport.DialContext, transport.DialTLSContext = dialer.DialContext, nil
	}
	own.Transport = transport
	return own, nil
}

// document is what matters of a discovery document (OpenID Connect Discovery section 3).
type document struct {
	Issuer     string   `json:"issuer"`
	Authorize  string   `json:"authorization_endpoint"`
	Token      string   `json:"token_endpoint"`
	Keys       string   `json:"jwks_uri"`
	Types      []string `json:"response_types_supported"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	Challenges []string `json:"code_challenge_methods_supported"`
	Scopes     []string `json:"scopes_supported"`
}

func (p *probe) openID(ctx context.Context, s tenant.Provider) {
	const name = "discovery"
	var d document
	at := strings.TrimSuffix(s.Issuer, "/") + "/.well-known/openid-configuration"
	if !p.fetch(ctx, name, at, "compare issuer with the provider's guide", &d) {
		return
	}
	if d.Issuer != s.Issuer {
		p.wrong("issuer", "set issuer to this very text, if it is your provider's", "the provider calls itself %q, the settings say %q", clip(d.Issuer, 200), s.Issuer)
		return
	}
	p.good(name, "%s can be read, and names the issuer as the settings do", at)
	for _, at := range [][2]string{{"authorization_endpoint", d.Authorize}, {"token_endpoint", d.Token}, {"jwks_uri", d.Keys}} {
		if u, err := url.Parse(at[1]); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			p.wrong("endpoints", "let the provider publish https addresses", "%s is %q, which is no https address", at[0], clip(at[1], 200))
			return
		}
	}
	if len(d.Types) > 0 && !slices.Contains(d.Types, "code") {
		p.wrong("flow", "allow the authorization code flow at the provider", "the provider does not offer the authorization code flow")
	}
	if len(d.Challenges) > 0 && !slices.Contains(d.Challenges, "S256") {
		p.wrong("flow", "allow PKCE with S256 at the provider", "the provider offers PKCE, and not with S256")
	}
	if len(d.Algorithms) > 0 && !slices.ContainsFunc(asymmetric, func(a jose.SignatureAlgorithm) bool { return slices.Contains(d.Algorithms, string(a)) }) {
		p.wrong("signatures", "let it sign ID tokens with RS256 or ES256", "the provider signs ID tokens with none of the algorithms that Referee takes")
	}
	if missing := missing(s.Scopes, d.Scopes); len(d.Scopes) > 0 && len(missing) > 0 {
		p.warn("scopes", "set scopes, or define them at the provider; not every provider lists all that it has", "the provider does not list %s", strings.Join(missing, ", "))
	}
	p.keys(ctx, d.Keys)
}

func missing(want, have []string) (out []string) {
	for _, w := range want {
		if !slices.Contains(have, w) {
			out = append(out, w)
		}
	}
	return out
}

func (p *probe) keys(ctx context.Context, at string) {
	const name = "keys"
	var text json.RawMessage
	if !p.fetch(ctx, name, at, "see whether the provider publishes its keys", &text) {
		return
	}
	set, err := readKeys(text)
	usable := 0
	for _, k := range set {
		if k.Use == "" || k.Use == "sig" {
			usable++
		}
	}
	if err != nil || usable == 0 {
		p.wrong(name, "let the provider publish the public key that it signs with", "%s holds no key that signatures can be verified with", clip(at, 200))
		return
	}
	p.good(name, "%d keys that signatures can be verified with", usable)
}

// fetch gets a JSON document. What is wrong becomes a check in our own words: nothing of an answer is shown.
func (p *probe) fetch(ctx context.Context, name, at, help string, to any) bool {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		p.wrong(name, help, "%s is no address", clip(at, 200))
		return false
	}
	q.Header.Set("Accept", "application/json")
	res, err := p.client.Do(q)
	if err != nil {
		detail, more := p.unreached(err)
		p.wrong(name, more, "%s: %s", clip(at, 200), detail)
		return false
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxProbe+1))
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400:
		p.wrong(name, "write the issuer as the provider's discovery document names it", "%s leads elsewhere (status %d)", clip(at, 200), res.StatusCode)
	case res.StatusCode != http.StatusOK:
		p.wrong(name, help, "%s answers with status %d", clip(at, 200), res.StatusCode)
	case err != nil:
		p.wrong(name, "try again; look at what stands between Referee and the provider", "%s: the answer broke off, or took longer than %v", clip(at, 200), probeTime)
	case len(text) > maxProbe:
		p.wrong(name, help, "%s answers with more than %d bytes", clip(at, 200), maxProbe)
	case json.Unmarshal(text, to) != nil:
		p.wrong(name, help, "%s does not answer with the JSON document that belongs there", clip(at, 200))
	default:
		return true
	}
	return false
}

// unreached says why there was no answer.
func (p *probe) unreached(err error) (detail, help string) {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.As(err, &unknown):
		return "its certificate is of an authority that Referee does not trust", "name the authority's certificate in caFile, which takes a token of the installation"
	case errors.As(err, &host):
		return "its certificate is for another name", "write the issuer with the name in the certificate"
	case errors.As(err, &invalid):
		return "its certificate is not valid: expired, or not for servers", "renew it at the provider; compare the clocks"
	case errors.As(err, &record):
		return "it does not speak TLS", "serve the provider by https"
	case !p.private:
		return "its name is not found, nothing answers, or its address is not on the internet", "see whether issuer is spelled right; a token of the installation tests addresses inside"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "its name is not found", "see whether issuer is spelled right, and whether Referee's host resolves it"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time", "open the way from Referee's host to the provider"
	}
	return "no connection", "open the way from Referee's host to the provider"
}

// reasonOf is an error's own sentence for people.
func reasonOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Msg != "" {
		return f.Msg
	}
	return "it can't be read"
}
