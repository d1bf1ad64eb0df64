package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/demo/filesapp"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/test/entraid"
)

const (
	entraHost  = "login.entra.localhost"
	entraID    = "7f3c1a52-0000-4000-8000-000000000001"
	immutable  = "q83vEjRWeJA4ISdbIpvNyQ=="
	sitesHost  = "sites.sharepoint.localhost"
	oidcAnswer = "/oidc/callback"
)

// federated is a rig with Entra and SharePoint Online.
type federated struct {
	*rig
	entra *entraid.Entra
	files *filesapp.App
}

type federatedSetting struct {
	policies string
	saml     bool // the domain speaks SAML 2.0
	suite    bool // Entra's sign-in host belongs to an instance of its own, through which people sign in to SharePoint
	claim    map[string]any
	change   func(*tenant.Tenant, *rig)
}

func newFederated(t *testing.T, set federatedSetting) *federated {
	t.Helper()
	f := &federated{}
	hosts := func(port string) filesapp.Hosts {
		return filesapp.Hosts{App: sitesHost + port, API: "api.sharepoint.localhost" + port, Static: "static.sharepoint.localhost" + port, CDN: "cdn.sharepoint.localhost" + port}
	}
	f.rig = newRig(t, setting{
		policies: set.policies,
		change: func(v *tenant.Tenant, r *rig) {
			v.Providers[0].ImmutableIDClaim = "anchor"
			if set.change != nil {
				set.change(v, r)
			}
		},
		instance: func(in *catalog.Instance) {
			if in.ID != "notes" && !(set.suite && in.ID == "files") {
				return
			}
			_, port, _ := strings.Cut(in.Hosts[0].Name, ":")
			at := in.Origins[in.Hosts[0].Name]
			h := hosts(":" + port)
			login := entraHost + ":" + port
			in.App, in.Name, in.Route = "sharepoint", "SharePoint Online (stand-in)", model.RouteFederated
			in.Hosts = []catalog.Host{
				{Name: h.App, Role: catalog.RoleApp},
				{Name: h.API, Role: catalog.RoleAPI},
				{Name: h.Static, Role: catalog.RoleStatic},
				{Name: h.CDN, Role: catalog.RoleFiles},
				{Name: login, Role: catalog.RoleSignIn},
			}
			in.Origins = map[string]string{}
			for _, h := range in.Hosts {
				if h.Role != catalog.RoleSignIn || !set.suite {
					in.Origins[h.Name] = at
				}
			}
			in.Federation = catalog.Federation{Protocol: "wsfed", WSFed: &catalog.WSFed{Replies: []string{"https://" + login + "/login.srf"}, Domains: []string{string(in.Tenant) + ".example"}}}
			if set.suite && in.ID == "files" {
				in.Hosts, in.Federation = in.Hosts[:4], catalog.Federation{Through: "notes"}
				return
			}
			if set.suite {
				in.App, in.Name = "office365", "Microsoft 365 (stand-in)"
				in.Hosts = []catalog.Host{{Name: otherHost + ":" + port, Role: catalog.RoleApp}, in.Hosts[4]}
				in.Origins = map[string]string{in.Hosts[0].Name: at, login: at}
			}
			if set.saml {
				in.Federation = catalog.Federation{Protocol: "saml", SAML: &catalog.SAMLApp{
					EntityID: catalog.RealmEntra, Consumers: []string{"https://" + login + "/login.srf"}, NameID: "immutableId",
					Attributes: map[string]string{"IDPEmail": "username", "http://schemas.microsoft.com/claims/authnmethodsreferences": "methods"},
				}}
			}
		},
	})
	f.idp.claims = func(c map[string]any) {
		c["anchor"] = immutable
		for k, v := range set.claim {
			c[k] = v
		}
	}
	h := hosts(f.port)
	_, text := f.ask("GET", f.at("contoso", "/saml/metadata"), nil)
	provider, err := saml.ReadMetadata([]byte(text), saml.MetadataOptions{Now: f.now()})
	if err != nil {
		t.Fatal(err)
	}
	domain := entraid.Domain{
		Passive: f.at("contoso", "/wsfed"), Issuer: signin.IssuerURI("https://"+brokerHost+f.port, "contoso", "contoso.example"),
		Signing: provider.Provider.Signing, MFA: entraid.AcceptMFA,
	}
	if set.saml {
		domain.SAML, domain.EntityID, domain.Passive = true, provider.ID, f.at("contoso", "/saml/sso")
	}
	f.entra, err = entraid.New(entraid.Config{
		Origin: f.direct(entraHost), Tenant: entraID, Now: f.now, Domains: map[string]entraid.Domain{"contoso.example": domain, "managed.example": {}},
		People: map[string]string{immutable: "director@contoso.example"},
		Apps:   map[string]entraid.App{"sharepoint": {Secret: "app-secret", Redirects: []string{"https://" + h.App + oidcAnswer}}, "spa": {Redirects: []string{"https://" + h.App + "/spa"}}},
	}, saml.Keys{samlPairs()[1]})
	if err != nil {
		t.Fatal(err)
	}
	transport := f.transport(nil)
	t.Cleanup(transport.CloseIdleConnections)
	f.files, err = filesapp.New(filesapp.Config{
		Hosts: h, Issuer: f.entra.Issuer(), ClientID: "sharepoint", ClientSecret: "app-secret", FormPost: true, Clock: f.now,
		HTTPClient: &http.Client{Transport: transport}, Users: []filesapp.User{{Email: "director@contoso.example", Groups: []string{"Directors"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.host(entraHost, f.entra)
	for _, name := range h.All() {
		host, _, _ := strings.Cut(name, ":")
		f.host(host, f.files)
	}
	return f
}

// form is a page's form that its script submits.
func formOf(p *page) (to string, fields url.Values) {
	if !strings.Contains(p.text, ".submit(") && !strings.Contains(p.text, "submit.call(") {
		return "", nil
	}
	root, err := html.Parse(strings.NewReader(p.text))
	if err != nil {
		return "", nil
	}
	attr := func(n *html.Node, key string) string {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val
			}
		}
		return ""
	}
	fields = url.Values{}
	for n := range root.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "form":
			to = attr(n, "action")
		case n.Data == "input" && attr(n, "name") != "":
			fields.Add(attr(n, "name"), attr(n, "value"))
		case n.Data == "textarea" && n.FirstChild != nil:
			fields.Add(attr(n, "name"), n.FirstChild.Data)
		}
	}
	if to == "" {
		return "", nil
	}
	u, err := p.at.Parse(to)
	if err != nil {
		return "", nil
	}
	return u.String(), fields
}

// walk goes to an address and on through redirects and forms that submit themselves. A form from another site brings
// no Lax cookies along, which all of Referee's are.
func (f *federated) walk(b *browser, to string) *page {
	f.t.Helper()
	p := b.open(to)
	hops := p.hops
	for range 12 {
		next, fields := formOf(p)
		if next == "" {
			break
		}
		u := mustURL(next)
		site, ours := "cross-site", strings.Contains(u.Host, suffix)
		switch {
		case u.Host == p.at.Host:
			site = "same-origin"
		case ours && strings.Contains(p.at.Host, suffix):
			site = "same-site"
		}
		jar := b.client.Jar
		if site == "cross-site" && (ours || u.Host == brokerHost+f.port) {
			b.client.Jar = nil
		}
		p = b.send(http.MethodPost, next, fields, "Origin", p.at.Scheme+"://"+p.at.Host, "Sec-Fetch-Site", site)
		if b.client.Jar == nil {
			jar.SetCookies(u, (&http.Response{Header: p.header}).Cookies())
			b.client.Jar = jar
		}
		p = b.follow(p, 30)
		hops = append(hops, p.hops...)
	}
	p.hops = hops
	return p
}

func (f *federated) landed(t *testing.T, p *page, origin string) {
	t.Helper()
	if p.status != http.StatusOK || !strings.HasPrefix(p.at.String(), origin+"/") || !strings.Contains(p.text, "director@contoso.example") {
		t.Fatalf("ended at %s with %d, want %s; Entra refused %v\n%s\n%s\n%s", p.at, p.status, origin, f.entra.Refused(), strings.Join(p.hops, "\n"), p.text, f.log)
	}
	if c := f.entra.Credentials(); len(c) > 0 {
		t.Errorf("credential pages were asked for: %v", c)
	}
}

// hinting begins at the app's own address and types the address that Entra's page asks for: home-realm discovery.
func (f *federated) hinting(b *browser) string {
	f.t.Helper()
	p := b.open(f.direct(sitesHost) + "/")
	p.has(f.t, 200, "Sign in to your account")
	f.entra.ForgetCredentials() // the page was Entra's own, at Entra's own address
	u := *p.at
	q := u.Query()
	q.Set("login_hint", "director@contoso.example") // what the page does once GetCredentialType has told where to go
	u.RawQuery = q.Encode()
	return u.String()
}
