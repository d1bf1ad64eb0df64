package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/referee-casb/referee/fault"
)

// settings say how to reach a Referee. cli.yaml holds them; relative files are relative to it.
type settings struct {
	Server    string `yaml:"server"`
	TokenFile string `yaml:"tokenFile"`
	CAFile    string `yaml:"caFile"`
	Tenant    string `yaml:"tenant"`
}

const settingsFile = "cli.yaml"

// settings joins flags, environment and the client configuration, in this order.
func (a *app) settings() (settings, error) {
	var s settings
	data := first(a.flags.data, a.env("REFEREE_DATA"))
	folders := []string{"referee-data", filepath.Join("referee-demo", "referee")}
	if data != "" {
		folders = []string{data, filepath.Join(data, "referee")}
	}
	for _, dir := range folders {
		file := filepath.Join(dir, settingsFile)
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return s, fault.As(err, fault.Invalid, "cli.settings", file)
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(&s); err != nil {
			return s, &fault.Error{Kind: fault.Invalid, Op: "cli.settings", Key: file, Msg: err.Error()}
		}
		for _, p := range []*string{&s.TokenFile, &s.CAFile} {
			if *p != "" && !filepath.IsAbs(*p) {
				*p = filepath.Join(dir, *p)
			}
		}
		break
	}
	if data != "" && s.Server == "" && a.flags.server == "" {
		return s, &fault.Error{Kind: fault.Invalid, Op: "cli.settings", Key: data, Msg: "holds no " + settingsFile, Help: "name the data folder of a Referee that has been started on this host"}
	}
	s.Server = first(a.flags.server, a.env("REFEREE_SERVER"), s.Server)
	s.TokenFile = first(a.flags.tokenFile, a.env("REFEREE_TOKEN_FILE"), s.TokenFile)
	s.CAFile = first(a.flags.caFile, a.env("REFEREE_CA_FILE"), s.CAFile)
	s.Tenant = first(a.flags.tenant, a.env("REFEREE_TENANT"), s.Tenant)
	return s, nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// connect makes the client, once.
func (a *app) connect() (*client, error) {
	const op = "cli.connect"
	if a.client != nil {
		return a.client, nil
	}
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	switch {
	case s.Server == "":
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "no server is named", Help: "give --server, set REFEREE_SERVER, or name the data folder of a Referee on this host with --data"}
	case s.TokenFile == "":
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "no token is named", Help: "give --token-file or set REFEREE_TOKEN_FILE; the first start writes admin.token into the data folder"}
	}
	u, err := url.Parse(s.Server)
	if err != nil || u.Host == "" || (u.Scheme != "https" && !loopback(u)) {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: s.Server, Msg: "is not an https address", Help: "write it such as https://referee.example.com; the token must not travel in the clear"}
	}
	token, err := os.ReadFile(s.TokenFile)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: s.TokenFile, Msg: "the token can't be read", Err: err}
	}
	roots, err := rootsOf(s.CAFile)
	if err != nil {
		return nil, err
	}
	a.client = &client{
		base: strings.TrimSuffix(s.Server, "/"), token: strings.TrimSpace(string(token)), tenant: s.Tenant,
		http: &http.Client{Transport: transport(roots), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	return a.client, nil
}

// loopback reports whether an address without TLS never leaves this host, as in tests.
func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && ip != nil && ip.IsLoopback()
}

// rootsOf returns the system's roots and those of a file; nil is the system's alone.
func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // as crypto/tls takes it
	}
	text, err := os.ReadFile(file) //nolint:gosec // the caller names it
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "cli.roots", Key: file, Msg: "the roots can't be read", Err: err}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "cli.roots", Key: file, Msg: "holds no PEM certificate"}
	}
	return pool, nil
}

// transport reaches a Referee.
func transport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, ForceAttemptHTTP2: true, Proxy: proxy(http.ProxyFromEnvironment),
		DialContext: dialLocal,
	}
}

// dialLocal dials names below localhost at loopback: browsers do (RFC 6761 section 6.3), the resolver may not.
func dialLocal(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: 10 * time.Second}
	if host, port, err := net.SplitHostPort(address); err == nil && local(host) {
		c, err := d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			c, err = d.DialContext(ctx, network, net.JoinHostPort("::1", port))
		}
		return c, err
	}
	return d.DialContext(ctx, network, address)
}

// local reports whether a name is this host's by its form.
func local(host string) bool { return host == "localhost" || strings.HasSuffix(host, ".localhost") }

// proxy is the environment's, but for names of this host, which another host would take for its own.
func proxy(environment func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if local(r.URL.Hostname()) {
			return nil, nil //nolint:nilnil // as net/http takes it: no proxy
		}
		return environment(r)
	}
}
