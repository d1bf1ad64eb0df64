package demo

import (
	"context"
	_ "embed"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/rollout"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

//go:embed policies.yaml
var policies []byte

// author is who seeded the demo's documents.
const author = "demo"

// seed writes tenant, app and policies where they are not there yet; what was changed since stays changed.
func (s *stage) seed(ctx context.Context) error {
	if err := s.seedTenant(ctx); err != nil {
		return err
	}
	if err := s.seedApp(ctx); err != nil {
		return err
	}
	if err := s.seedReal(ctx); err != nil {
		return err
	}
	if err := s.node.Changed(ctx, bus.SignalCatalog, Tenant); err != nil {
		return err
	}
	if err := s.seedPolicies(ctx); err != nil {
		return err
	}
	return s.node.Changed(ctx, bus.SignalPolicy, Tenant)
}

// zone is where the demo's company works.
const zone = "Europe/Copenhagen"

func (s *stage) seedTenant(ctx context.Context) error {
	secretFile := filepath.Join(s.opt.Data, "provider-client-secret")
	if err := os.WriteFile(secretFile, []byte(s.secrets.ProviderClient+"\n"), 0o600); err != nil {
		return fault.As(err, fault.Unavailable, "demo.seed", secretFile)
	}
	t := tenant.Tenant{
		ID: Tenant, Name: "Demo Company", Zone: zone, Domains: []string{"demo.example"},
		Brand:     tenant.Brand{Name: "Demo Company", Color: "#14532d", Contact: "helpdesk@demo.example"},
		Providers: []tenant.Provider{{ID: "company", Name: "Company sign-in", Issuer: "https://" + s.at("provider", loginHost), ClientID: "referee", SecretFile: secretFile, Scopes: []string{"profile", "email", "groups"}}},
		Device:    tenant.Device{CAs: []string{string(s.ca.DevicePEM())}},

		BreakGlass: tenant.BreakGlass{Accounts: breakGlass},
	}
	old, err := s.node.DB.Tenant(ctx, Tenant)
	switch {
	case err == nil:
		// Ports and keys may be new ones; all else stays as somebody set it.
		old.Providers, old.Device.CAs = t.Providers, t.Device.CAs
		if !old.BreakGlass.Ready() { // a demo from before they were asked for
			old.BreakGlass = t.BreakGlass
		}
		t = old
	case !fault.Is(err, fault.NotFound):
		return err
	}
	_, err = s.node.DB.PutTenant(ctx, t.WithDefaults())
	return err
}

// breakGlass are the demo's accounts outside Referee. They are names only: the demo has no second way in.
var breakGlass = []tenant.Account{
	{Name: "breakglass1@demo.example", At: "https://admin.provider.example/", Note: "for show: sealed envelope in the safe of the office"},
	{Name: "breakglass2@demo.example", At: "https://admin.provider.example/", Note: "for show: security key with the chair of the board"},
}

// seedApp attaches the files app as an instance of OneDrive, so that policies written for OneDrive run on it
// unchanged. Its evidence says that it is the demo's.
func (s *stage) seedApp(ctx context.Context) error {
	origins := map[string]string{}
	for _, h := range s.hosts.All() {
		origins[h] = net.JoinHostPort("127.0.0.1", h[strings.LastIndexByte(h, ':')+1:])
	}
	real := func(h string) string { return "https://" + h }
	return s.node.DB.PutInstance(ctx, catalog.Instance{
		ID: "files", Tenant: Tenant, App: "onedrive", Name: "Demo files", Route: model.RouteSSO, Evidence: model.EvidenceDemo,
		Hosts: []catalog.Host{{Name: s.hosts.App, Role: catalog.RoleApp}, {Name: s.hosts.API, Role: catalog.RoleAPI}, {Name: s.hosts.Static, Role: catalog.RoleStatic}, {Name: s.hosts.CDN, Role: catalog.RoleFiles}},
		Federation: catalog.Federation{
			Protocol: "oidc", ClientID: "files", SecretHash: session.Secret(s.secrets.AppClient).Hash(),
			RedirectURIs: []string{real(s.hosts.App) + "/oidc/callback"}, LogoutURIs: []string{real(s.hosts.App) + "/signed-out"},
		},
		Profile: catalog.Profile{
			Previews:     []string{"/r/**"},
			NeverFiles:   []string{"/assets/**", "/pdfjs/**", "/frame/**"},
			Downloads:    []string{"/d/**", "/c/**", "/files/*/raw", "/files/*/download", "/files/*/print.pdf", "/v1/files/*/content", "/v1/files/*/attachment"},
			Exports:      []string{"/zip", "/v1/zip"},
			TokenIssuers: []string{"/session/token"},
			JSONFields:   []string{"url", "href", "link", "download", "downloadUrl", "uploadUrl", "preview", "previews", "renditions", "src", "location"},
		},
		Origins: origins, CAFile: s.ca.RootFile(),
	})
}

// seedReal attaches the real app under the same policies: a second instance of the app they are written for.
func (s *stage) seedReal(ctx context.Context) error {
	if s.notebook == nil {
		err := s.node.DB.DeleteInstance(ctx, Tenant, "notebook")
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	}
	return s.node.DB.PutInstance(ctx, catalog.Instance{
		ID: "notebook", Tenant: Tenant, App: "onedrive", Name: "Jupyter", Route: model.RouteSSO, Evidence: model.EvidenceDemo,
		Hosts: []catalog.Host{{Name: s.real, Role: catalog.RoleApp}},
		Federation: catalog.Federation{
			Protocol: "oidc", ClientID: "notebook", SecretHash: session.Secret(s.secrets.AppClient).Hash(),
			RedirectURIs: []string{"https://" + s.real + "/oidc/callback"},
		},
		Profile: catalog.Profile{NeverFiles: []string{"/static/**", "/nbextensions/**", "/custom/**", "/kernelspecs/**", "/api/**"}, Downloads: []string{"/files/**", "/nbconvert/**"}},
		Origins: map[string]string{s.real: "127.0.0.1" + s.real[strings.LastIndexByte(s.real, ':'):]}, CAFile: s.ca.RootFile(),
	})
}

// seedPolicies applies the demo's policies, monitoring first unless told otherwise.
func (s *stage) seedPolicies(ctx context.Context) error {
	have, err := s.node.DB.Documents(ctx, Tenant)
	if err != nil || len(have) > 0 {
		return err
	}
	docs, problems := policy.Decode("policies.yaml", policies)
	if err := problems.Err(); err != nil {
		return err
	}
	now := s.clock.Now()
	var revisions []policy.Revision
	for _, d := range docs {
		r := d.Revise(Tenant, 0, author, "seeded by the demo")
		r.Time = now
		revisions = append(revisions, r)
	}
	if _, err := s.node.DB.PutDocuments(ctx, Tenant, revisions); err != nil {
		return err
	}
	for _, d := range docs {
		state, ok := rollout.Begin(d, Tenant, author, now)
		if !ok {
			continue
		}
		if err := s.node.DB.PutRollout(ctx, state); err != nil {
			return err
		}
		if s.opt.Block {
			if state, err = rollout.Flip(state, author, "the demo was started with --block", now.Add(time.Second)); err != nil {
				return err
			}
			if err := s.node.DB.PutRollout(ctx, state); err != nil {
				return err
			}
		}
	}
	return nil
}
