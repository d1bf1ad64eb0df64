package signin_test

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// Real software at both ends, installed from build/packages.txt and run as ordinary processes on free ports:
// simpleSAMLphp as the company's provider; Apache with mod_auth_openidc and mod_auth_mellon as apps, behind the
// gateway.

const (
	phpHost    = "saml.provider.localhost"
	oidcHost   = "oidc.app.localhost"
	mellonHost = "mellon.app.localhost"
)

// freePort finds a port for another process. It is none of those that the system gives to connections (32768 and above on
// Linux): of a busy machine's thousands one would have it before the process does.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(21000 + rand.IntN(11000)) //nolint:gosec // any will do
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// process runs a command until the test ends and shows its output when the test fails.
func process(t *testing.T, port string, env []string, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), env...), &out, &out
	if err := c.Start(); err != nil {
		cancel()
		t.Fatalf("%s: %v", name, err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = c.Wait()
	}()
	t.Cleanup(func() {
		cancel()
		<-gone
		if t.Failed() {
			t.Logf("%s said:\n%s", name, out.String())
		}
	})
	for range 1200 { // a minute: on a busy machine they take their time
		select {
		case <-gone:
			t.Fatalf("%s ended:\n%s", name, out.String())
		default:
		}
		if conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second); err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	<-gone
	t.Fatalf("%s does not listen on %s:\n%s", name, port, out.String())
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func pairText(t *testing.T, p saml.KeyPair) (key, cert string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(p.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), pemText(p.Certificate)
}

// simpleSAML starts simpleSAMLphp with the settings of folder simplesamlphp. It says that the authentication was of the
// context it was asked for while the file that is returned is there.
func simpleSAML(t *testing.T, r *rig) (strong string) {
	t.Helper()
	dir, port, origin := t.TempDir(), freePort(t), r.direct(phpHost)
	key, cert := pairText(t, samlPairs()[0])
	write(t, dir, map[string]string{"cert/idp.key": key, "cert/idp.crt": cert})
	for _, d := range []string{"log", "data", "tmp", "sessions"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	settings, err := json.Marshal(map[string]string{
		"origin": origin, "dir": dir, "sp": r.at("contoso", "/saml/sp/main"), "acs": r.at("contoso", "/saml/acs/main"), "password": "a-password-of-the-test",
	})
	if err != nil {
		t.Fatal(err)
	}
	config, err := filepath.Abs("simplesamlphp/config")
	if err != nil {
		t.Fatal(err)
	}
	process(t, port, []string{"SIMPLESAMLPHP_CONFIG_DIR=" + config, "SAML_PROVIDER=" + string(settings)},
		"php", "-d", "session.save_path="+dir+"/sessions", "-S", "127.0.0.1:"+port, "-t", "/usr/share/simplesamlphp/www")
	to := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	r.host(phpHost, &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to); p.Out.Host = p.In.Host }})
	return filepath.Join(dir, "strong")
}

// signInPHP gives a password at simpleSAMLphp's own page and brings its response to Referee, as a browser does.
func (b *browser) signInPHP(p *page, user string) *page {
	b.r.t.Helper()
	to, form := p.fill()
	if p.at.Host != phpHost+b.r.port || !form.Has("password") {
		b.r.t.Fatalf("ended at %s with %d:\n%s\n%s", p.at, p.status, strings.Join(p.hops, "\n"), p.text)
	}
	form.Set("username", user)
	form.Set("password", "a-password-of-the-test")
	p = b.follow(b.send(http.MethodPost, to, form, "Origin", b.r.direct(phpHost), "Sec-Fetch-Site", "same-origin"), 30)
	if to, form = p.fill(); form.Get("SAMLResponse") == "" {
		b.r.t.Fatalf("no response from simpleSAMLphp at %s: %d\n%s", p.at, p.status, p.text)
	}
	jar := b.client.Jar // Lax cookies stay behind
	b.client.Jar = nil
	p = b.send(http.MethodPost, to, form, "Origin", b.r.direct(phpHost), "Sec-Fetch-Site", "cross-site")
	b.client.Jar = jar
	p = b.follow(p, 30)
	if next := b.submit(p); next != nil {
		p = b.follow(next, 30)
	}
	return p
}

// phpProvider makes simpleSAMLphp the company's provider.
func phpProvider(v *tenant.Tenant, r *rig) {
	origin := r.direct(phpHost)
	v.Providers[0] = tenant.Provider{ID: "main", Kind: tenant.KindSAML, SAML: &tenant.SAMLProvider{
		EntityID: origin + "/idp", SSO: origin + "/saml2/idp/SSOService.php", Certificates: []string{pemText(samlPairs()[0].Certificate)},
	}}
}

// apache starts two apps: one signs in by OpenID, the other by SAML.
func apache(t *testing.T, r *rig, port string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "signin-apache")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // Apache's own user reads it
		t.Fatal(err)
	}
	_, metadata := r.ask("GET", r.at("contoso", "/saml/metadata?app=notes"), nil)
	key, cert := pairText(t, samlPairs()[1])
	files := map[string]string{"sp.key": key, "sp.crt": cert, "referee.xml": metadata, "roots.pem": string(authority().RootPEM()), "www/page.html": "the page", "run/keep": ""}
	var hosts strings.Builder
	for name, auth := range map[string]string{
		oidcHost: "AuthType openid-connect\n Require valid-user\n Header always set X-User \"expr=%{REMOTE_USER}\"",
		mellonHost: "AuthType Mellon\n MellonEnable auth\n MellonEndpointPath /mellon\n MellonSPentityId https://" + mellonHost + ":" + port + "/mellon/metadata\n MellonSPPrivateKeyFile " + dir + "/sp.key\n MellonSPCertFile " + dir +
			"/sp.crt\n MellonIdPMetadataFile " + dir + "/referee.xml\n MellonSecureCookie On\n MellonUser email\n Require valid-user\n Header always set X-User \"expr=%{REMOTE_USER}\"",
	} {
		c, err := authority().Certificate(name, false)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		var chain bytes.Buffer
		for _, b := range c.Certificate {
			_ = pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: b})
		}
		files[name+".crt"], files[name+".key"] = chain.String(), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		fmt.Fprintf(&hosts, "<VirtualHost 127.0.0.1:%[1]s>\nServerName https://%[2]s:%[1]s\nUseCanonicalName On\nDocumentRoot %[3]s/www\nSSLEngine on\nSSLCertificateFile %[3]s/%[2]s.crt\nSSLCertificateKeyFile %[3]s/%[2]s.key\n<Location />\n %[4]s\n</Location>\n", port, name, dir, auth)
		if name == oidcHost {
			fmt.Fprintf(&hosts, "OIDCProviderMetadataURL %s/.well-known/openid-configuration\nOIDCCABundlePath %s/roots.pem\nOIDCClientID files\nOIDCClientSecret %s\nOIDCRedirectURI https://%s:%s/oidc/callback\nOIDCCryptoPassphrase of-the-test-alone-0123456789\nOIDCScope \"openid profile email groups\"\nOIDCPKCEMethod S256\nOIDCHTTPTimeoutShort 60\nOIDCHTTPTimeoutLong 60\nOIDCRemoteUserClaim email\n",
				r.at("contoso", ""), dir, clientSecret, oidcHost, port)
		}
		hosts.WriteString("</VirtualHost>\n")
	}
	conf := fmt.Sprintf("ServerRoot %s\nDefaultRuntimeDir %[1]s/run\nPidFile %[1]s/run/pid\nMutex file:%[1]s/run default\nErrorLog /dev/stderr\nLogLevel warn\n", dir)
	if os.Getuid() == 0 {
		conf += "User www-data\nGroup www-data\n"
	}
	for _, m := range []string{"mpm_event", "authn_core", "authz_core", "authz_user", "headers", "socache_shmcb", "ssl", "auth_openidc", "auth_mellon"} {
		conf += "LoadModule " + m + "_module /usr/lib/apache2/modules/mod_" + m + ".so\n"
	}
	conf += "Listen 127.0.0.1:" + port + "\nServerName localhost\nMellonPostDirectory " + dir + "/run\nMellonLockFile " + dir + "/run/mellon.lock\n" + hosts.String()
	files["apache.conf"] = conf
	write(t, dir, files)
	process(t, port, nil, "/usr/sbin/apache2", "-D", "FOREGROUND", "-f", dir+"/apache.conf")
}

var (
	anyForm  = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)"[^>]*>`)
	anyInput = regexp.MustCompile(`<input[^>]*>`)
	anAttr   = regexp.MustCompile(`(name|value)="([^"]*)"`)
)

// fill reads a page's form.
func (p *page) fill() (string, url.Values) {
	form := url.Values{}
	for _, input := range anyInput.FindAllString(p.text, -1) {
		at := map[string]string{}
		for _, m := range anAttr.FindAllStringSubmatch(input, -1) {
			at[m[1]] = html.UnescapeString(m[2])
		}
		if at["name"] != "" {
			form.Set(at["name"], at["value"])
		}
	}
	to := p.at.String()
	if m := anyForm.FindStringSubmatch(p.text); m != nil && m[1] != "?" {
		if u, err := p.at.Parse(html.UnescapeString(m[1])); err == nil {
			to = u.String()
		}
	}
	return to, form
}

// realApps makes the two instances Apache's apps: OpenID the first, SAML the second.
func realApps(port string) func(*catalog.Instance) {
	return func(in *catalog.Instance) {
		host := map[model.InstanceID]string{"files": oidcHost, "notes": mellonHost}[in.ID] + ":" + port
		in.Hosts, in.Origins = []catalog.Host{{Name: host, Role: catalog.RoleApp}}, map[string]string{host: "127.0.0.1:" + port}
		in.Federation.RedirectURIs, in.Federation.LogoutURIs = []string{"https://" + host + "/oidc/callback"}, nil
		if in.ID == "notes" {
			in.Federation = catalog.Federation{Protocol: "saml", SAML: &catalog.SAMLApp{
				EntityID: "https://" + host + "/mellon/metadata", Consumers: []string{"https://" + host + "/mellon/postResponse"}, LogoutURI: "https://" + host + "/mellon/logout",
				Certificates: []string{pemText(samlPairs()[1].Certificate)},
			}}
		}
	}
}

// TestRealSoftware signs in at simpleSAMLphp, for an app with mod_auth_openidc (SAML in, OpenID out) and for one with
// mod_auth_mellon (SAML in, SAML out), both behind the gateway.
func TestRealSoftware(t *testing.T) {
	// Not beside other tests: Apache takes a port that was free a moment ago, and gives up on a slow answer by its own clock.
	port := freePort(t)
	r := newRig(t, setting{
		policies: route,
		change:   phpProvider,
		instance: realApps(port),
	})
	simpleSAML(t, r)
	apache(t, r, port)
	for name, app := range map[string]string{"mod_auth_openidc": oidcHost, "mod_auth_mellon": mellonHost} {
		t.Run(name, func(t *testing.T) {
			b := r.browser(nil)
			mapped, ok := r.live.Book().Mapped("contoso", app+":"+port)
			if !ok {
				t.Fatalf("%s is not mapped", app)
			}
			p := b.signInPHP(b.visit("https://"+mapped+"/page.html"), "director")
			p.has(t, 200, "the page")
			if user := p.header.Get("X-User"); !strings.HasPrefix(user, "director@contoso.example") || p.at.Host != mapped {
				t.Errorf("user %q at %s", user, p.at)
			}
		})
	}
	logins := r.rec.of(model.ActivityLogin)
	if len(logins) != 2 || logins[0].User.ID != "main:director" || len(logins[0].User.Groups) != 2 {
		t.Errorf("recorded %+v", logins)
	}
}

// TestRealStepUp asks simpleSAMLphp for an authentication context before a download: it makes the person sign in again,
// and what it answers counts when it is of that context and of that person.
func TestRealStepUp(t *testing.T) {
	t.Parallel()
	const strong = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
	r := newRig(t, setting{policies: stepUpDownloads, change: func(v *tenant.Tenant, r *rig) {
		phpProvider(v, r)
		v.StepUp.By = tenant.StepUpProvider
		v.StepUp.Contexts = map[string]tenant.Context{"c1": {ACR: strong}}
	}})
	can := simpleSAML(t, r)
	b := r.browser(nil)
	b.signInPHP(b.visit(r.mapped("contoso", appHost)+"/start"), "director").has(t, 200, "hello")
	sid := r.rec.of(model.ActivityLogin)[0].Session

	stepUp := func(user string) *page {
		t.Helper()
		p := b.act(b.open(r.download(b).stepUp(t)), "provider", nil)
		hops := p.hops
		for next := b.submit(p); next != nil && p.at.Host != phpHost+r.port; next = b.submit(p) {
			p = b.follow(next, 30)
			hops = append(hops, p.hops...)
		}
		i := slices.IndexFunc(hops, func(h string) bool { return strings.Contains(h, "SAMLRequest=") })
		if i < 0 {
			t.Fatalf("nothing was asked: %s", strings.Join(hops, "\n"))
		}
		raw, err := base64.StdEncoding.DecodeString(mustURL(hops[i]).Query().Get("SAMLRequest"))
		if err != nil {
			t.Fatal(err)
		}
		asked, err := io.ReadAll(flate.NewReader(bytes.NewReader(raw)))
		if err != nil || !bytes.Contains(asked, []byte(`ForceAuthn="true"`)) || !bytes.Contains(asked, []byte(strong)) {
			t.Fatalf("asked %s %v", asked, err)
		}
		return b.signInPHP(p, user)
	}
	stepUp("director").has(t, 403, "does not confirm it is you")
	if err := os.WriteFile(can, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stepUp("employee").has(t, 403, "does not confirm it is you")
	if got := r.grants(sid); len(got) != 0 {
		t.Fatalf("granted %+v", got)
	}
	done := stepUp("director")
	done.has(t, 200, "is on its way")
	b.open(done.onward(t)).has(t, 200, fileBytes)
	var acts []string
	for _, a := range r.rec.of(model.ActivityStepUp) {
		acts = append(acts, strings.TrimPrefix(a.ActionType, "StrongAuthentication")+" "+a.Reason)
	}
	if len(acts) != 3 || !strings.Contains(acts[0], "PasswordProtectedTransport") || !strings.Contains(acts[1], `employee", the session is of "main:director"`) || acts[2] != "Succeeded authenticationContext=c1 by main" {
		t.Errorf("recorded %q", acts)
	}
}
