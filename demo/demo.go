package demo

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/referee-casb/referee/demo/filesapp"
	"github.com/referee-casb/referee/demo/jupyter"
	"github.com/referee-casb/referee/demo/provider"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/clock"
	"github.com/referee-casb/referee/internal/devca"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/node"
)

// Options are what the command line gives.
type Options struct {
	Data    string        // folder for everything the demo keeps
	Port    int           // of Referee; the provider and the app take the next two. 0: 8443; -1: any free ports
	JSON    bool          // print one line of JSON instead of the story
	Advance time.Duration // show monitor, report and flip by moving the clock
	Real    bool          // put a real web app behind the gateway as well
	Block   bool          // begin with policies in force instead of monitoring
	PDFJS   string        // folder of the npm package pdfjs-dist, "" where it is not installed
	Out     io.Writer     // the story; standard output in the command
	Log     *slog.Logger
	Worker  []string // as node.Options has it
}

// Tenant is the demo's tenant.
const Tenant model.TenantID = "demo"

// Names of the demo's hosts. The suffix and the sign-in host are on different registrable domains, as they
// must be in earnest.
const (
	suffix     = "gate.localhost"
	signinHost = "signin.referee.localhost"
	deviceHost = "device.referee.localhost"
	apiHost    = "referee.localhost"
	loginHost  = "login.provider.localhost"
	appParent  = "app.localhost"
	realHost   = "notebook.real.localhost"
)

// stage is the running demo.
type stage struct {
	opt   Options
	clock *clock.Clock
	ca    *devca.Authority
	node  *node.Node

	listeners map[string]net.Listener // by what listens: referee, provider, app
	provider  *provider.Provider
	app       *filesapp.App
	notebook  *jupyter.Notebook // with Options.Real
	real      string            // its host
	users     []provider.User
	secrets   secrets
	transport *http.Transport
	hosts     filesapp.Hosts
}

// secrets are made at first start and kept, so that a restarted demo is the same demo.
type secrets struct {
	Passwords      map[string]string `json:"passwords"`
	ProviderClient string            `json:"providerClient"`
	AppClient      string            `json:"appClient"`
	Certificate    string            `json:"certificate"`
}

// Run starts the demo and serves until ctx ends.
func Run(ctx context.Context, opt Options) error {
	s := &stage{opt: opt, clock: clock.Running(time.Now), listeners: map[string]net.Listener{}}
	if s.opt.Log == nil {
		s.opt.Log = slog.New(slog.DiscardHandler)
	}
	if err := s.set(ctx); err != nil {
		return errors.Join(err, s.close())
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.node.Run(ctx) })
	g.Go(func() error { return s.serve(ctx, "provider", s.provider) })
	g.Go(func() error { return s.serve(ctx, "app", s.app) })
	g.Go(func() error {
		if err := s.tell(); err != nil {
			return err
		}
		if s.opt.Advance > 0 {
			return s.play(ctx)
		}
		return nil
	})
	return errors.Join(g.Wait(), s.close())
}

// set builds the scenery.
func (s *stage) set(ctx context.Context) error {
	var err error
	if s.opt.Data, err = filepath.Abs(s.opt.Data); err != nil {
		return fault.As(err, fault.Invalid, "demo", s.opt.Data)
	}
	if err := os.MkdirAll(s.opt.Data, 0o700); err != nil {
		return fault.As(err, fault.Unavailable, "demo", s.opt.Data)
	}
	if s.ca, err = devca.Open(filepath.Join(s.opt.Data, "ca"), time.Now); err != nil {
		return err
	}
	if err = s.listen(); err != nil {
		return err
	}
	if s.secrets, err = readSecrets(filepath.Join(s.opt.Data, "demo-secrets.json")); err != nil {
		return err
	}
	s.transport = loopback(s.ca.RootPool())
	for _, step := range []func(context.Context) error{s.openProvider, s.openApp, s.openNode, s.openReal, s.seed, s.openDevice} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// listen takes the three ports on loopback.
func (s *stage) listen() error {
	port := s.opt.Port
	if port == 0 {
		port = 8443
	}
	for i, name := range []string{"referee", "provider", "app"} {
		at := "127.0.0.1:0"
		if port > 0 {
			at = "127.0.0.1:" + strconv.Itoa(port+i)
		}
		l, err := net.Listen("tcp", at)
		if err != nil {
			return &fault.Error{Kind: fault.Unavailable, Op: "demo.listen", Key: at, Err: err, Help: "choose other ports with --port, or -1 for free ones"}
		}
		s.listeners[name] = l
	}
	return nil
}

func (s *stage) at(name, host string) string {
	return host + ":" + strconv.Itoa(s.listeners[name].Addr().(*net.TCPAddr).Port)
}

// loopback reaches names under localhost, which Go's resolver does not know when they are nested, and trusts
// the development CA for them.
func loopback(roots *x509.CertPool) *http.Transport {
	d := net.Dialer{Timeout: 5 * time.Second}
	return &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if host, port, err := net.SplitHostPort(addr); err == nil && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
				addr = net.JoinHostPort("127.0.0.1", port)
			}
			return d.DialContext(ctx, network, addr)
		},
	}
}

// openProvider makes the company's provider with its three accounts.
func (s *stage) openProvider(context.Context) error {
	account := func(sub, name string, groups ...string) provider.User {
		return provider.User{
			Subject: sub, Username: strings.ToLower(name), Password: s.secrets.Passwords[strings.ToLower(name)], Name: name,
			Email: strings.ToLower(name) + "@demo.example", Groups: groups,
		}
	}
	s.users = []provider.User{account("u-director", "Director", "board", "staff"), account("u-contractor", "Contractor", "contractors"), account("u-employee", "Employee", "staff")}
	var err error
	s.provider, err = provider.New(provider.Config{
		Issuer: "https://" + s.at("provider", loginHost), Users: s.users, Clock: s.clock.Now, Logger: s.opt.Log,
		HTTPClient: &http.Client{Transport: s.transport, Timeout: 10 * time.Second},
		Clients: []provider.Client{{
			ID: "referee", Name: "Referee", Secret: s.secrets.ProviderClient,
			RedirectURIs: []string{"https://" + s.at("referee", signinHost) + "/" + string(Tenant) + "/callback/company"},
		}},
	})
	return err
}

// openApp makes the files app, which trusts Referee's sign-in and no other.
func (s *stage) openApp(context.Context) error {
	s.hosts = filesapp.Hosts{App: s.at("app", "files."+appParent), API: s.at("app", "api."+appParent), Static: s.at("app", "static."+appParent), CDN: s.at("app", "cdn."+appParent)}
	var err error
	s.app, err = filesapp.New(filesapp.Config{
		Hosts: s.hosts, Issuer: "https://" + s.at("referee", signinHost) + "/" + string(Tenant), ClientID: "files",
		ClientSecret: s.secrets.AppClient, HTTPClient: &http.Client{Transport: s.transport, Timeout: 10 * time.Second}, PDFJSDir: s.opt.PDFJS, Logger: s.opt.Log,
	})
	return err
}

// openNode makes Referee itself.
func (s *stage) openNode(ctx context.Context) error {
	port := s.listeners["referee"].Addr().(*net.TCPAddr).Port
	c, err := node.ParseConfig([]byte(strings.NewReplacer("{{data}}", strconv.Quote(filepath.Join(s.opt.Data, "referee")), "{{port}}", strconv.Itoa(port)).Replace(configuration)))
	if err != nil {
		return err
	}
	s.node, err = node.Open(ctx, c, node.Options{
		Now: s.clock.Now, Log: s.opt.Log, Listener: s.listeners["referee"], Transport: s.transport, Authority: s.ca,
		Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, Worker: s.opt.Worker,
	})
	return err
}

// configuration is that of the demo; a real one differs in names and certificates.
const configuration = `
data: {{data}}
listen: "127.0.0.1:{{port}}"
suffix: ` + suffix + `
signin: ` + signinHost + `
device: ` + deviceHost + `
api: ` + apiHost + `
tls:
  development: true
operator:
  name: Referee demo
  abuse: mailto:abuse@demo.example
`

// openReal starts the real app. It asks Referee for its metadata at the first sign-in, so it may be up before.
func (s *stage) openReal(ctx context.Context) error {
	if !s.opt.Real {
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fault.As(err, fault.Unavailable, "demo.openReal", "port")
	}
	s.real = realHost + ":" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil { // Apache takes the port
		return fault.As(err, fault.Unavailable, "demo.openReal", s.real)
	}
	cert, err := s.ca.Certificate(realHost, true)
	if err != nil {
		return err
	}
	dir := filepath.Join(s.opt.Data, "jupyter")
	if os.Getuid() == 0 {
		// Apache drops its rights and could not look into the demo's own folder.
		if dir, err = os.MkdirTemp("", "referee-jupyter-"); err != nil {
			return fault.As(err, fault.Unavailable, "demo.openReal", "folder")
		}
	}
	s.notebook, err = jupyter.Start(ctx, jupyter.Config{
		Dir: dir, Host: s.real, Certificate: cert, Log: s.opt.Log,
		Issuer: "https://" + s.at("referee", signinHost) + "/" + string(Tenant), ClientID: "notebook", ClientSecret: s.secrets.AppClient, CAFile: s.ca.RootFile(),
	})
	return err
}

// openDevice writes the managed laptop's certificate to a file that a browser can import.
func (s *stage) openDevice(context.Context) error {
	file := s.certificateFile()
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	p12, _, err := s.ca.Device("Managed laptop", s.secrets.Certificate)
	if err != nil {
		return err
	}
	return fault.As(os.WriteFile(file, p12, 0o600), fault.Unavailable, "demo.openDevice", file)
}

func (s *stage) certificateFile() string { return filepath.Join(s.opt.Data, "managed-laptop.p12") }

// serve runs one of the supporting servers until ctx ends.
func (s *stage) serve(ctx context.Context, name string, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(i *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.ca.Certificate(i.ServerName, false) }},
	}
	done := make(chan error, 1)
	go func() { done <- srv.ServeTLS(s.listeners[name], "", "") }()
	select {
	case err := <-done:
		return fault.Wrap(err, "demo.serve", name)
	case <-ctx.Done():
		err := srv.Close() // event streams never end by themselves
		<-done
		return fault.Wrap(err, "demo.serve", name)
	}
}

func (s *stage) close() error {
	var errs []error
	if s.notebook != nil {
		errs = append(errs, s.notebook.Close())
	}
	if s.node != nil {
		errs = append(errs, s.node.Close())
	}
	for _, l := range s.listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// password makes one that can be read aloud: 80 random bits in four groups.
func password() string {
	b := make([]byte, 10)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails on a supported platform
	}
	t := strings.ToLower(base32.StdEncoding.EncodeToString(b))
	return t[:4] + "-" + t[4:8] + "-" + t[8:12] + "-" + t[12:]
}
