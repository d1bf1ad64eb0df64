package filesapp

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Hosts are the application's four hosts as a browser writes them: host, and port when it is not 443. They
// share a parent name of at least two labels, on which the CDN's cookie is set.
type Hosts struct {
	App    string // files.app.localhost:8443
	API    string // api.app.localhost:8443
	Static string // static.app.localhost:8443
	CDN    string // cdn.app.localhost:8443
}

// User gives an account of the provider its groups in the application, for providers that send none.
type User struct {
	Email  string
	Groups []string
}

// Config says where the application lives and whom it trusts.
type Config struct {
	Hosts Hosts
	// Issuer is the one OpenID provider. It is asked for its metadata at the first sign-in, so it may start
	// later than the application.
	Issuer       string
	ClientID     string
	ClientSecret string
	// FormPost asks the provider to post its answer (OAuth 2.0 Form Post Response Mode), as SharePoint Online does.
	FormPost bool
	// Users is the application's own list of groups. The groups claim is used when an account is not in it.
	Users []User
	// HTTPClient reaches the issuer. Names below .localhost don't resolve in Go: give a client that dials
	// loopback. Nil means http.DefaultClient.
	HTTPClient *http.Client
	// PDFJSDir holds the npm package pdfjs-dist (its build folder below). Empty or absent: the page says that
	// the viewer is not installed.
	PDFJSDir string
	// ServiceWorker makes the application install one, which keeps scripts and opened files for offline use.
	ServiceWorker bool
	// MaxStore bounds the bytes of all stored files. Zero means 512 MiB. One file may have a quarter of it.
	MaxStore int64
	// Clock is the only source of time. Nil means time.Now.
	Clock func() time.Time
	// Logger gets sign-ins and errors. Nil means none.
	Logger *slog.Logger
}

// LogValue keeps the secret out of every log.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("hosts", c.Hosts), slog.String("issuer", c.Issuer), slog.String("client_id", c.ClientID))
}

func (c *Config) setDefaults() {
	if c.HTTPClient == nil {
		c.HTTPClient = http.DefaultClient
	}
	if c.MaxStore == 0 {
		c.MaxStore = 512 << 20
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// Validate names the first thing that is wrong.
func (c *Config) Validate() error {
	const op = "filesapp.Validate"
	seen := map[string]bool{}
	for _, h := range []string{c.Hosts.App, c.Hosts.API, c.Hosts.Static, c.Hosts.CDN} {
		u, err := url.Parse("https://" + h)
		if err != nil || u.Host != h || h == "" || strings.ToLower(h) != h || strings.HasSuffix(h, ":443") {
			return fault.New(fault.Invalid, op, "host %q is not a lower-case host[:port], port 443 left out", h)
		}
		if seen[h] {
			return fault.New(fault.Invalid, op, "host %q is used twice", h)
		}
		seen[h] = true
	}
	if c.Hosts.parent() == "" {
		return fault.New(fault.Invalid, op, "the hosts share no parent name of two labels")
	}
	if u, err := url.Parse(c.Issuer); err != nil || u.Scheme != "https" || u.Host == "" {
		return fault.New(fault.Invalid, op, "issuer %q is not an https URL", c.Issuer)
	}
	if c.ClientID == "" || c.ClientSecret == "" {
		return fault.New(fault.Invalid, op, "client id and secret are needed")
	}
	return nil
}

// Origin returns the origin of one of the hosts.
func origin(host string) string { return "https://" + host }

// All returns the four hosts.
func (h Hosts) All() []string { return []string{h.App, h.API, h.Static, h.CDN} }

// parent returns the longest name, of at least two labels, that all hosts end with, without a port.
func (h Hosts) parent() string {
	var common []string
	for i, host := range h.All() {
		name := host
		if n, _, err := net.SplitHostPort(host); err == nil {
			name = n
		}
		labels := strings.Split(name, ".")
		if i == 0 {
			common = labels[1:]
			continue
		}
		for len(common) > 0 && !strings.HasSuffix(name, "."+strings.Join(common, ".")) {
			common = common[1:]
		}
	}
	if len(common) < 2 {
		return ""
	}
	return strings.Join(common, ".")
}
