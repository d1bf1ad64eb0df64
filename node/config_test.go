package node

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/fault"
)

// goodConfig is the example that people start from.
func goodConfig(t *testing.T) Config {
	t.Helper()
	c, err := ParseConfig([]byte(ExampleConfig))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return c
}

// keys lists what the mistakes are about.
func keys(err error) []string {
	var out []string
	var walk func(error)
	walk = func(err error) {
		if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // errors.Join's own
			for _, e := range many.Unwrap() {
				walk(e)
			}
			return
		}
		var f *fault.Error
		if errors.As(err, &f) {
			out = append(out, f.Key)
		}
	}
	walk(err)
	return out
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	share := func(v float64) *float64 { return &v }
	for name, c := range map[string]struct {
		change func(*Config)
		keys   []string
		says   string
	}{
		"nothing set":            {func(c *Config) { *c = Config{}; c.defaults() }, []string{"signin", "api", "suffix", "tls"}, "is missing"},
		"listen without port":    {func(c *Config) { c.Listen = "localhost" }, []string{"listen"}, `"localhost"`},
		"listen at no port":      {func(c *Config) { c.Listen = "localhost:" }, []string{"listen"}, "address to listen at"},
		"host with port":         {func(c *Config) { c.SignIn = "signin.example.com:8443" }, []string{"signin"}, "the port comes from listen"},
		"address as host":        {func(c *Config) { c.API = "https://referee.example.com" }, []string{"api"}, "not a host name"},
		"capitals":               {func(c *Config) { c.Device = "Device.example.com" }, []string{"device"}, "not a host name"},
		"IP address":             {func(c *Config) { c.API = "192.0.2.1" }, []string{"api"}, "not a host name"},
		"trailing dot":           {func(c *Config) { c.API = "referee.example.com." }, []string{"api"}, "not a host name"},
		"wildcard":               {func(c *Config) { c.Suffix = "*.gate-example.net" }, []string{"suffix"}, "not a host name"},
		"device is signin":       {func(c *Config) { c.Device = c.SignIn }, []string{"device"}, "same host as signin"},
		"api is signin":          {func(c *Config) { c.API = c.SignIn }, []string{"api"}, "same host as signin"},
		"one site":               {func(c *Config) { c.Suffix = "gate.example.com" }, []string{"signin", "device", "api"}, "registrable domain"},
		"signin below suffix":    {func(c *Config) { c.SignIn = "signin.gate-example.net" }, []string{"signin"}, "registrable domain"},
		"top-level suffix":       {func(c *Config) { c.Suffix = "localhost" }, []string{"suffix"}, "top-level"},
		"unknown role":           {func(c *Config) { c.Roles = append(slices.Clone(allRoles), "cook")[1:] }, []string{"roles"}, `"cook"`},
		"split roles":            {func(c *Config) { c.Roles = []Role{RoleGateway} }, []string{"roles"}, "belong to one process"},
		"no certificates":        {func(c *Config) { c.TLS = TLS{} }, []string{"tls"}, "0 ways"},
		"two ways":               {func(c *Config) { c.TLS.ACME = goodACME() }, []string{"tls"}, "2 ways"},
		"half a pair":            {func(c *Config) { c.TLS.Files[1].Key = "" }, []string{"tls.files[1]"}, "incomplete"},
		"development for real":   {func(c *Config) { c.TLS = TLS{Development: true} }, []string{"signin", "device", "api", "suffix"}, "can't vouch"},
		"ACME without anything":  {func(c *Config) { c.TLS = TLS{ACME: &ACME{}} }, []string{"tls.acme.directory", "tls.acme.dns.server", "tls.acme.dns.zone", "tls.acme.dns.keyName", "tls.acme.dns.keyFile"}, "is missing"},
		"ACME over http":         {func(c *Config) { c.TLS = TLS{ACME: goodACME()}; c.TLS.ACME.Directory = "http://acme.example/dir" }, []string{"tls.acme.directory"}, "https"},
		"name server's address":  {func(c *Config) { c.TLS = TLS{ACME: goodACME()}; c.TLS.ACME.DNS.Server = "ns.example" }, []string{"tls.acme.dns.server"}, "ns.example"},
		"weak TSIG":              {func(c *Config) { c.TLS = TLS{ACME: goodACME()}; c.TLS.ACME.DNS.Algorithm = "hmac-md5" }, []string{"tls.acme.dns.algorithm"}, "hmac-md5"},
		"delegated, nothing set": {delegated(Delegated{}), []string{"tls.acme.delegated.zone", "tls.acme.delegated.nameServer", "tls.acme.delegated.listen"}, "is not a zone"},
		"delegated and updates": {func(c *Config) {
			c.TLS = TLS{ACME: goodACME()}
			c.TLS.ACME.Delegated = &Delegated{"acme.example.net", "ns.example.net", ":53"}
		}, []string{"tls.acme"}, "both ways"},
		"delegated: hosts in it": {delegated(Delegated{"gate-example.net", "ns.gate-example.net", ":53"}), []string{"tls.acme.delegated.zone", "tls.acme.delegated.zone"}, "lies in it"},
		"delegated: no zone":     {delegated(Delegated{"Acme.example.net", "ns", "53"}), []string{"tls.acme.delegated.zone", "tls.acme.delegated.listen"}, "in lower case"},
		"sync":                   {func(c *Config) { c.Bus.Sync = "sometimes" }, []string{"bus.sync"}, "sometimes"},
		"bus size":               {func(c *Config) { c.Bus.MaxBytes = -1 }, []string{"bus.maxBytes"}, "negative"},
		"log":                    {func(c *Config) { c.Log = Logging{"loud", "xml"} }, []string{"log.level", "log.format"}, "loud"},
		"activity":               {func(c *Config) { c.Activity = Activity{share(1.5), -1, -1} }, []string{"activity.viewShare", "activity.months", "activity.memoryMB"}, "1.5"},
		"view share not a share": {func(c *Config) { c.Activity.ViewShare = share(nan()) }, []string{"activity.viewShare"}, "NaN"},
		"trace":                  {func(c *Config) { c.Trace = Trace{"collector:4318", 2} }, []string{"trace.endpoint", "trace.share"}, "collector:4318"},
		"proxies":                {func(c *Config) { c.TrustedProxies = []string{"10.0.0.0/8", "10.0.0.1", "x"} }, []string{"trustedProxies", "trustedProxies"}, "10.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf := goodConfig(t)
			c.change(&conf)
			err := conf.Validate()
			if got := keys(err); !slices.Equal(got, c.keys) {
				t.Fatalf("mistakes in %v, want %v:\n%v", got, c.keys, err)
			}
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error()+fault.Help(err), c.says) {
				t.Errorf("says %v, want %q", err, c.says)
			}
		})
	}
}

func nan() float64 { var zero float64; return zero / zero }

func goodACME() *ACME {
	a := &ACME{Directory: "https://acme.example/dir"}
	a.DNS.Server, a.DNS.Zone, a.DNS.KeyName, a.DNS.KeyFile = "ns.example:53", "gate-example.net", "k", "k.key"
	return a
}

// delegated sets a zone that Referee answers for.
func delegated(d Delegated) func(*Config) {
	return func(c *Config) { c.TLS = TLS{ACME: &ACME{Directory: "https://acme.example/dir", Delegated: &d}} }
}

func TestDelegatedIsGood(t *testing.T) {
	t.Parallel()
	c := goodConfig(t)
	delegated(Delegated{"acme.example.net", "signin.example.com", ":53"})(&c)
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c, err := ParseConfig([]byte("tls: {acme: {directory: https://acme.example/dir, delegated: {zone: acme.example.net, nameServer: ns.example.net}}}\n"))
	if err != nil || c.TLS.ACME.Delegated.Listen != ":53" {
		t.Errorf("%+v, %v", c.TLS.ACME, err)
	}
}

func TestACMEIsGood(t *testing.T) {
	t.Parallel()
	c := goodConfig(t)
	c.TLS = TLS{ACME: goodACME()}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestStrictYAML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"suffix: a.example\nsufix: b.example\n":       "line 2: field sufix not found in Config",
		"tls:\n  files:\n    - {certificat: x}\n":     "line 3: field certificat not found in CertFile",
		"listen: :443\nlisten: :444\n":                "line 2: mapping key \"listen\" already defined at line 1",
		"roles: gateway\n":                            "line 1: cannot unmarshal",
		"activity:\n  months: soon\n":                 "line 2: cannot unmarshal",
		"a: 1\nb: 2\n":                                "line 2: field b not found",
		"suffix: a.example\n---\nsuffix: b.example\n": "more than one document",
		"suffix: [":  "line 1",
		"	suffix: x": "cannot start any token",
	} {
		_, err := ParseConfig([]byte(text))
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) || fault.Help(err) == "" {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"", "# nothing\n"} {
		if _, err := ParseConfig([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := ParseConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":443" || c.Port() != "" || c.Bus.Sync != "interval" || c.Activity.Months != 6 || c.Activity.MemoryMB != 512 || len(c.Roles) != 4 || !c.Has(RoleWorker) {
		t.Errorf("%+v", c)
	}
	for text, want := range map[string]float64{"": 1, "activity: {viewShare: 0}": -1, "activity: {viewShare: 0.25}": 0.25, "activity: {viewShare: 1}": 1} {
		c, err := ParseConfig([]byte(text))
		if err != nil || c.Activity.viewShare() != want {
			t.Errorf("%q: %v, %v", text, c.Activity.viewShare(), err)
		}
	}
	c.Listen = "127.0.0.1:8443"
	if c.Port() != ":8443" {
		t.Errorf("port %q", c.Port())
	}
}

// TestReadConfig: paths are relative to the file's folder, and a mistake names the file.
func TestReadConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "referee.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(ExampleConfig, "/var/lib/referee", "data", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := ReadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != filepath.Join(dir, "data") || c.TLS.Files[0].Certificate != filepath.Join(dir, "certs/gate.pem") || c.TLS.Files[3].Key != filepath.Join(dir, "certs/referee.key") {
		t.Errorf("%+v", c)
	}
	if err := os.WriteFile(file, []byte("suffix: x y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(file); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), file) || len(keys(errors.Unwrap(err))) != 4 {
		t.Errorf("%v", err)
	}
	if _, err := ReadConfig(filepath.Join(dir, "nothing.yaml")); !fault.Is(err, fault.Invalid) {
		t.Errorf("no file: %v", err)
	}
	if CheckConfig(file) == nil {
		t.Error("a wrong file passes the check")
	}
}

// FuzzConfig: no text brings the reader down, and what it accepts twice it reads alike.
func FuzzConfig(f *testing.F) {
	f.Add(ExampleConfig)
	f.Add("tls: {acme: {dns: {server: x}}}")
	f.Add("&a [*a, *a]")
	f.Fuzz(func(_ *testing.T, text string) {
		c, err := ParseConfig([]byte(text))
		if err == nil {
			_ = c.Validate()
		}
	})
}

func TestSites(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"signin.referee.localhost", "gate.localhost", false},
		{"signin.gate.localhost", "gate.localhost", true},
		{"localhost", "localhost", true},
		{"localhost", "gate.localhost", false},
		{"a.example.com", "b.example.com", true},
		{"a.example.com", "example.com", true},
		{"example.com", "example.net", false},
		{"a.co.uk", "b.co.uk", false},
		{"x.a.co.uk", "y.a.co.uk", true},
		{"a.github.io", "b.github.io", false},
		{"co.uk", "co.uk", false},
	} {
		if got := sameSiteAs(c.a, c.b); got != c.want || sameSiteAs(c.b, c.a) != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}
