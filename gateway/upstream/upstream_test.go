package upstream_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/gateway/upstream"
)

func get(t *testing.T, opt upstream.Options, to string) error {
	t.Helper()
	opt.DialTimeout = time.Second
	p := upstream.NewPool(opt)
	defer p.Close()
	tr, err := p.Transport(&catalog.Instance{ID: "x", Tenant: "contoso", Origins: map[string]string{"app.test": to}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://app.test:443/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := tr.RoundTrip(r)
	if err == nil {
		res.Body.Close()
	}
	return err
}

func TestSpecialAddressesNeedLeave(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	addr := s.Listener.Addr().String()
	if err := get(t, upstream.Options{}, addr); err == nil || !strings.Contains(err.Error(), "not public") {
		t.Errorf("loopback without leave: %v", err)
	}
	if err := get(t, upstream.Options{Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, addr); err != nil {
		t.Errorf("with leave: %v", err)
	}
	for _, a := range []string{
		"10.0.0.1:443", "169.254.169.254:80", "[::1]:443", "[fe80::1]:443", "[fd00::1]:443", "100.64.0.1:443", "0.0.0.0:443", "224.0.0.1:443",
		"[::ffff:127.0.0.1]:443", "192.168.1.1:443", "[64:ff9b::7f00:1]:443", "[2002:7f00:1::]:443", "255.255.255.255:443", "198.18.0.1:443",
	} {
		if err := get(t, upstream.Options{}, a); err == nil || !strings.Contains(err.Error(), "not public") {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestTransportIsKeptUntilTheInstanceChanges(t *testing.T) {
	t.Parallel()
	p := upstream.NewPool(upstream.Options{})
	a := catalog.Instance{ID: "x", Tenant: "contoso", Origins: map[string]string{"app.test": "127.0.0.1:1"}}
	b, c, d := a, a, a
	c.Origins = map[string]string{"app.test": "127.0.0.1:2"}
	d.Tenant = "fabrikam"
	first, err := p.Transport(&a)
	if err != nil {
		t.Fatal(err)
	}
	if same, _ := p.Transport(&b); same != first {
		t.Error("the same instance of a later book has another transport")
	}
	if other, _ := p.Transport(&c); other == first {
		t.Error("other addresses, same transport")
	}
	if other, _ := p.Transport(&d); other == first {
		t.Error("another tenant shares connections")
	}
}

func TestAuthorityFile(t *testing.T) {
	t.Parallel()
	p := upstream.NewPool(upstream.Options{})
	file := filepath.Join(t.TempDir(), "ca.pem")
	in := &catalog.Instance{ID: "x", Tenant: "contoso", CAFile: file}
	if _, err := p.Transport(in); err == nil {
		t.Error("a missing file passes")
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Transport(in); err == nil {
		t.Error("a file without a certificate passes")
	}
}
