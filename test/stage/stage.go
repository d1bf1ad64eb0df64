package stage

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/demo/provider"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/devca"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// App is the real host of the app that every tenant has.
const App = "files." + appParent

// Options describe the scene.
type Options struct {
	Dir         string           // keeps everything; the caller removes it
	Tenants     []model.TenantID // default: one, called demo
	People      int              // a tenant; default 1
	App         http.Handler     // served by the test's process; nil: Origin
	Origin      string           // "ip:port" of an app that somebody else runs over TLS
	Suffix      string           // default [Suffix]
	Policies    string           // YAML of what is in force at every tenant
	Profile     catalog.Profile  // of the app
	BusMaxBytes int64            // default: Referee's
	Stored      int              // sessions that are in the store from the start
	Mounts      []Mount          // small file systems below Dir that the children alone see
}

// Stage is the scene: provider and app run until Close, Referee between Start and its end.
type Stage struct {
	CA    *devca.Authority
	Setup Setup
	Port  int

	dir       string
	listener  net.Listener // Referee's; its port stays ours while no child runs
	servers   []*http.Server
	transport *http.Transport
	people    map[model.TenantID][]provider.User
	holder    *holder // nil without mounts
}

// New makes the scene and starts provider and app.
func New(opt Options) (_ *Stage, err error) {
	if len(opt.Tenants) == 0 {
		opt.Tenants = []model.TenantID{"demo"}
	}
	opt.People = max(opt.People, 1)
	if opt.Suffix == "" {
		opt.Suffix = Suffix
	}
	s := &Stage{dir: opt.Dir, people: map[model.TenantID][]provider.User{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.CA, err = devca.Open(filepath.Join(opt.Dir, "ca"), time.Now); err != nil {
		return nil, err
	}
	s.transport = Loopback(s.CA.RootPool())
	if s.listener, err = listen(); err != nil {
		return nil, err
	}
	s.Port = port(s.listener)
	s.Setup = Setup{
		Data: filepath.Join(opt.Dir, "data"), Authority: filepath.Join(opt.Dir, "ca"), Suffix: opt.Suffix, Port: s.Port, BusMaxBytes: opt.BusMaxBytes,
		Policies: opt.Policies, Log: filepath.Join(opt.Dir, "referee.log"),
	}
	if opt.Stored > 0 {
		s.Setup.Stored = &Stored{Count: opt.Stored, File: filepath.Join(opt.Dir, "sessions")}
	}
	if len(opt.Mounts) > 0 {
		if s.holder, err = hold(opt.Mounts); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMount, err)
		}
	}
	origin := opt.Origin
	if opt.App != nil {
		l, err := listen()
		if err != nil {
			return nil, err
		}
		s.serve(l, opt.App)
		origin = l.Addr().String()
	}
	issuer, err := s.openProvider(opt)
	if err != nil {
		return nil, err
	}
	secret := filepath.Join(opt.Dir, "provider-secret")
	if err := os.WriteFile(secret, []byte(providerSecret), 0o600); err != nil {
		return nil, fault.As(err, fault.Unavailable, "stage.New", secret)
	}
	for _, t := range opt.Tenants {
		s.Setup.Tenants = append(s.Setup.Tenants, tenant.Tenant{
			ID: t, Name: string(t), Domains: []string{string(t) + ".example"}, Notice: tenant.Notice{Off: true},
			Providers: []tenant.Provider{{ID: "company", Issuer: issuer, ClientID: "referee", SecretFile: secret, Scopes: []string{"profile", "email", "groups"}}},
			BreakGlass: tenant.BreakGlass{Accounts: []tenant.Account{
				{Name: "breakglass1@" + string(t) + ".example", At: "https://admin.provider.example"}, {Name: "breakglass2@" + string(t) + ".example", At: "https://admin.provider.example"},
			}},
		})
		s.Setup.Instances = append(s.Setup.Instances, catalog.Instance{
			ID: "files", Tenant: t, App: "onedrive", Name: "Files", Route: model.RouteSSO, Evidence: model.EvidenceDemo,
			Hosts: []catalog.Host{{Name: App, Role: catalog.RoleApp}}, Origins: map[string]string{App: origin}, CAFile: s.CA.RootFile(), Profile: opt.Profile,
			Federation: catalog.Federation{Protocol: "oidc", ClientID: "files", RedirectURIs: []string{"https://" + App + "/callback"}},
		})
	}
	return s, nil
}

// providerSecret is known to the provider and Referee of one scene, both on loopback.
const providerSecret = "between two processes of one test"

// Password is everybody's.
const Password = "correct horse battery staple"

func (s *Stage) openProvider(opt Options) (issuer string, err error) {
	l, err := listen()
	if err != nil {
		return "", err
	}
	issuer = fmt.Sprintf("https://%s:%d", loginHost, port(l))
	client := provider.Client{ID: "referee", Secret: providerSecret}
	var users []provider.User
	for _, t := range opt.Tenants {
		client.RedirectURIs = append(client.RedirectURIs, fmt.Sprintf("https://%s:%d/%s/callback/company", SignInHost, s.Port, t))
		for i := range opt.People {
			name := fmt.Sprintf("person%d.%s", i, t)
			s.people[t] = append(s.people[t], provider.User{Subject: name, Username: name, Password: Password, Name: name, Email: name + "@" + string(t) + ".example", Groups: []string{"Staff"}})
		}
		users = append(users, s.people[t]...)
	}
	p, err := provider.New(provider.Config{Issuer: issuer, Clients: []provider.Client{client}, Users: users, HTTPClient: &http.Client{Transport: s.transport}})
	if err != nil {
		return "", errors.Join(err, l.Close())
	}
	s.serve(l, p)
	return issuer, nil
}

func (s *Stage) serve(l net.Listener, h http.Handler) {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(i *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.CA.Certificate(i.ServerName, false) }},
	}
	s.servers = append(s.servers, srv)
	go srv.ServeTLS(l, "", "") //nolint:errcheck // it ends by Close
}

// Mapped is the app's host at a tenant, with port.
func (s *Stage) Mapped(t model.TenantID) string {
	return fmt.Sprintf("%s.%s.%s:%d", catalog.Label(App), t, s.Setup.Suffix, s.Port)
}

// API is the address of a path of Referee's API.
func (s *Stage) API(path string) string { return fmt.Sprintf("https://%s:%d%s", APIHost, s.Port, path) }

// Client makes a client that trusts the scene's CA. It has connections of its own.
func (s *Stage) Client() *http.Client { return &http.Client{Transport: Loopback(s.CA.RootPool())} }

// Close ends provider and app. Children are ended by who started them.
func (s *Stage) Close() error {
	var errs []error
	for _, srv := range s.servers {
		errs = append(errs, srv.Close())
	}
	if s.transport != nil {
		s.transport.CloseIdleConnections()
	}
	if s.listener != nil {
		errs = append(errs, s.listener.Close())
	}
	if s.holder != nil {
		s.holder.close()
	}
	return errors.Join(errs...)
}

func listen() (net.Listener, error) {
	var c net.ListenConfig
	l, err := c.Listen(context.Background(), "tcp", "127.0.0.1:0")
	return l, fault.As(err, fault.Unavailable, "stage.listen", "")
}

func port(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
