package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/referee-casb/referee/fault"
)

// Role is a part of Referee that a process may run.
type Role string

// The roles. A process without roles runs all of them.
const (
	RoleGateway Role = "gateway" // proxies app sessions
	RoleSignIn  Role = "signin"  // the broker and the device host
	RoleWorker  Role = "worker"  // the pipeline, the activity log, jobs
	RoleConsole Role = "console" // API (and console)
)

var allRoles = []Role{RoleGateway, RoleSignIn, RoleWorker, RoleConsole}

// Config is the one configuration file. Every setting has a default but the names people see.
type Config struct {
	Data     string   `yaml:"data"`     // folder for everything Referee keeps; made with 0700; default "referee-data"
	Listen   string   `yaml:"listen"`   // "host:port" of the one HTTPS listener; default ":443"
	Suffix   string   `yaml:"suffix"`   // mapped hosts are <label>.<tenant>.<suffix>; its own registrable domain
	SignIn   string   `yaml:"signin"`   // host of the sign-in broker, on another registrable domain
	Device   string   `yaml:"device"`   // host that asks for client certificates; empty: devices are not asked
	API      string   `yaml:"api"`      // host of the API and console
	Roles    []Role   `yaml:"roles"`    // gateway, signin, worker, console; default all, and all is what this version runs
	TLS      TLS      `yaml:"tls"`      // exactly one way of getting certificates
	Bus      Bus      `yaml:"bus"`      // message bus
	Log      Logging  `yaml:"log"`      // Referee's own log, on standard error
	Operator Operator `yaml:"operator"` // who runs this, shown at the suffix apex
	Activity Activity `yaml:"activity"` // activity log
	Trace    Trace    `yaml:"trace"`    // OpenTelemetry
	Content  Content  `yaml:"content"`  // looking into files and text
	// OCR are languages of text in pictures (eng, deu, …), which are then read with Tesseract: pictures, those in documents,
	// and pages that are pictures. It takes about a second each. None: files and pages that are pictures are unscannable,
	// pictures in documents are left alone.
	OCR     []string `yaml:"ocr"`
	Malware Malware  `yaml:"malware"` // who is asked whether content is malware
	// TrustedProxies are networks whose X-Forwarded-For is believed; default none. A proxy that ends TLS hides
	// client certificates and TLS fingerprints: pass TLS through where devices are to prove themselves.
	TrustedProxies []string `yaml:"trustedProxies"`
}

// TLS says where certificates come from.
type TLS struct {
	Development bool       `yaml:"development"` // an embedded CA for names under localhost only
	Files       []CertFile `yaml:"files"`       // certificate and key files, read again when they change
	ACME        *ACME      `yaml:"acme"`        // wildcard certificates by DNS-01
}

// CertFile is one certificate with its key, PEM.
type CertFile struct {
	Certificate string `yaml:"certificate"` // PEM file: the certificate, then its chain
	Key         string `yaml:"key"`         // PEM file of its private key
}

// ACME asks an ACME authority for wildcard certificates (RFC 8555), proving control by DNS-01: through dynamic
// updates (RFC 2136), or by answering itself for a zone that the challenge names are aliases into.
type ACME struct {
	Directory string `yaml:"directory"` // the authority's directory URL
	Email     string `yaml:"email"`     // where the authority may write to
	CAFile    string `yaml:"caFile"`    // extra root for a private authority
	// DNS is where challenges are written.
	DNS struct {
		Server    string `yaml:"server"`    // "host:port" that takes updates
		Zone      string `yaml:"zone"`      // zone of the challenge names
		KeyName   string `yaml:"keyName"`   // TSIG key
		KeyFile   string `yaml:"keyFile"`   // its secret, base64
		Algorithm string `yaml:"algorithm"` // hmac-sha256 (default) or hmac-sha512
	} `yaml:"dns"`
	Delegated *Delegated `yaml:"delegated"` // instead of dns
}

// Delegated is a DNS zone that Referee answers for. Each name that needs a certificate has
// "_acme-challenge.<name> CNAME <name>.<zone>" in its own zone, once and for all.
type Delegated struct {
	Zone       string `yaml:"zone"`       // delegated to this machine by an NS record in the zone above
	NameServer string `yaml:"nameServer"` // host name of that NS record, outside the zone
	Listen     string `yaml:"listen"`     // "host:port" for UDP and TCP; default ":53"
}

// Bus configures the message bus.
type Bus struct {
	URLs     []string `yaml:"urls"`     // a NATS cluster; empty: inside the process
	MaxBytes int64    `yaml:"maxBytes"` // most that the bus keeps, in bytes; default 2 GiB
	Sync     string   `yaml:"sync"`     // "interval" (default: a killed process loses nothing) or "always" (a power cut neither)
}

// Logging configures Referee's own log.
type Logging struct {
	Level  string `yaml:"level"`  // debug, info (default), warn, error
	Format string `yaml:"format"` // text (default) or json
}

// Operator is who runs this Referee.
type Operator struct {
	Name  string `yaml:"name"`  // company or person
	Abuse string `yaml:"abuse"` // address for reports of abuse
}

// Activity configures the activity log.
type Activity struct {
	ViewShare *float64 `yaml:"viewShare"` // share of page views that are kept, 0 to 1; default 1
	Months    int      `yaml:"months"`    // months kept; default 6
	MemoryMB  int      `yaml:"memoryMB"`  // memory of the embedded engine; default 512
}

// Trace configures OpenTelemetry traces over OTLP/HTTP.
type Trace struct {
	Endpoint string  `yaml:"endpoint"` // URL; empty: no traces
	Share    float64 `yaml:"share"`    // share of requests traced, 0 to 1
}

// Malware names who is asked whether content is malware, where a policy wants to know. Any of them finding something is
// enough; one that can't tell leaves content unscannable unless another finds something. Without any, policies that ask
// for malware are refused.
type Malware struct {
	Hashes []string `yaml:"hashes"` // files of hashes: SHA-256, SHA-1 or MD5 a line, then a name; read again when they change
	YARA   []string `yaml:"yara"`   // files of YARA rules, matched by the program yara
	Clamd  string   `yaml:"clamd"`  // ClamAV's daemon: "unix:/run/clamav/clamd.ctl" or "127.0.0.1:3310"
	ICAP   string   `yaml:"icap"`   // a scanning service: "icap://127.0.0.1:1344/virus_scan"
}

// Content bounds what looking into files and text may cost. Zero means the default. What is over a limit is not looked at,
// and each policy's unscannable decides; what the disk has no room for is refused.
type Content struct {
	Spool       string `yaml:"spool"`       // folder in which bodies are held while they are looked at; default "spool" in data
	MaxBody     int64  `yaml:"maxBody"`     // largest body that is held, in bytes; default 16 GiB
	MaxSession  int64  `yaml:"maxSession"`  // bytes held for one session; default 32 GiB
	MaxTenant   int64  `yaml:"maxTenant"`   // bytes held for one tenant; default 64 GiB
	MaxNode     int64  `yaml:"maxNode"`     // bytes held in all; default 256 GiB
	Reserve     int64  `yaml:"reserve"`     // bytes of the disk that stay free for others, such as the bus; default 2 GiB
	HoldMinutes int    `yaml:"holdMinutes"` // how long a body may take to arrive; default 30
	Processes   int    `yaml:"processes"`   // files in dangerous formats that are read at once; default the number of processors
	Spare       int    `yaml:"spare"`       // reading processes that wait for work; default 2
	MemoryMB    int    `yaml:"memoryMB"`    // memory of a reading process; default 1024
	Engines     int    `yaml:"engines"`     // sets of information types kept ready, of 10 to 25 MB each; default 16
	Results     int    `yaml:"results"`     // results remembered by content; default 10000
}

// ReadConfig reads and checks a configuration file. Relative paths in it are relative to its folder.
func ReadConfig(file string) (Config, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return Config{}, fault.As(err, fault.Invalid, "config", file)
	}
	c, err := ParseConfig(text)
	if err != nil {
		return c, fault.Wrap(err, "config", file)
	}
	dir := filepath.Dir(file)
	for _, p := range c.paths() {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	return c, fault.Wrap(c.Validate(), "config", file)
}

// ParseConfig decodes YAML strictly: an unknown key is a mistake, with its line.
func ParseConfig(text []byte) (Config, error) {
	var c Config
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	err := d.Decode(&c)
	if err == nil {
		if more := d.Decode(new(yaml.Node)); !errors.Is(more, io.EOF) {
			err = errors.New("there is more than one document")
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		msg := strings.TrimPrefix(strings.ReplaceAll(err.Error(), " in type node.", " in "), "yaml: ")
		return c, &fault.Error{Kind: fault.Invalid, Op: "config", Msg: msg, Help: "docs/reference/configuration.md lists every setting"}
	}
	c.defaults()
	return c, nil
}

func (c *Config) paths() []*string {
	p := []*string{&c.Data, &c.Content.Spool}
	for i := range c.TLS.Files {
		p = append(p, &c.TLS.Files[i].Certificate, &c.TLS.Files[i].Key)
	}
	if c.TLS.ACME != nil {
		p = append(p, &c.TLS.ACME.CAFile, &c.TLS.ACME.DNS.KeyFile)
	}
	return p
}

func (c *Config) defaults() {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&c.Data, "referee-data")
	set(&c.Listen, ":443")
	set(&c.Content.Spool, filepath.Join(c.Data, "spool"))
	set(&c.Bus.Sync, "interval")
	set(&c.Log.Level, "info")
	set(&c.Log.Format, "text")
	if a := c.TLS.ACME; a != nil && a.Delegated != nil {
		set(&a.Delegated.Listen, ":53")
	}
	if len(c.Roles) == 0 {
		c.Roles = allRoles
	}
	if c.Activity.Months == 0 {
		c.Activity.Months = 6
	}
	if c.Activity.MemoryMB == 0 {
		c.Activity.MemoryMB = 512
	}
}

// viewShare is the share of page views for the recorder, to which zero means all and a negative number none.
func (a Activity) viewShare() float64 {
	switch {
	case a.ViewShare == nil:
		return 1
	case *a.ViewShare == 0:
		return -1
	}
	return *a.ViewShare
}

// Has reports whether the process runs a role.
func (c *Config) Has(r Role) bool { return slices.Contains(c.Roles, r) }

// Port returns ":port" as it appears in addresses, "" for 443.
func (c *Config) Port() string {
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil || port == "443" {
		return ""
	}
	return ":" + port
}

// hostPattern is a DNS name in lower case, internationalised labels in their xn-- form.
var hostPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// mistakes collects what is wrong, in the order of the file.
type mistakes []error

func (m *mistakes) add(key, help, format string, args ...any) {
	*m = append(*m, &fault.Error{Kind: fault.Invalid, Op: "config", Key: key, Msg: fmt.Sprintf(format, args...), Help: help})
}

// Validate reports every setting that can't work, each with what to do.
func (c *Config) Validate() error {
	var m mistakes
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		m.add("listen", `write "host:port", or ":443" for every address`, "%q is not an address to listen at", c.Listen)
	}
	c.checkHosts(&m)
	for _, r := range c.Roles {
		if !slices.Contains(allRoles, r) {
			m.add("roles", "use gateway, signin, worker, console", "%q is not a role", r)
		}
	}
	c.checkTLS(&m)
	c.checkContent(&m)
	c.checkMalware(&m)
	if c.Bus.Sync != "interval" && c.Bus.Sync != "always" {
		m.add("bus.sync", `write "interval" or "always"`, "%q is not a way to sync", c.Bus.Sync)
	}
	if c.Bus.MaxBytes < 0 {
		m.add("bus.maxBytes", "leave it out for 2 GiB", "%d is negative", c.Bus.MaxBytes)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		m.add("log.level", "use debug, info, warn or error", "%q is not a level", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		m.add("log.format", "use text or json", "%q is not a format", c.Log.Format)
	}
	if s := c.Activity.ViewShare; s != nil && !(*s >= 0 && *s <= 1) {
		m.add("activity.viewShare", "write a number from 0 to 1", "%v is out of range", *s)
	}
	if c.Activity.Months < 0 {
		m.add("activity.months", "leave it out for 6", "%d is negative", c.Activity.Months)
	}
	if c.Activity.MemoryMB < 0 {
		m.add("activity.memoryMB", "leave it out for 512", "%d is negative", c.Activity.MemoryMB)
	}
	if u, err := url.Parse(c.Trace.Endpoint); c.Trace.Endpoint != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		m.add("trace.endpoint", "give the collector's http or https address", "%q is not an address", c.Trace.Endpoint)
	}
	if !(c.Trace.Share >= 0 && c.Trace.Share <= 1) {
		m.add("trace.share", "write a number from 0 to 1", "%v is out of range", c.Trace.Share)
	}
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			m.add("trustedProxies", "write networks such as 10.0.0.0/8", "%q is not a network", p)
		}
	}
	return errors.Join(append(m, c.shared()...)...)
}

// named is a host name of the configuration.
type named struct{ key, host string }

// ownHosts are the hosts that Referee itself answers at, and the suffix last.
func (c *Config) ownHosts() []named {
	return []named{{"signin", c.SignIn}, {"device", c.Device}, {"api", c.API}, {"suffix", c.Suffix}}
}

func (c *Config) checkHosts(m *mistakes) {
	seen := map[string]string{}
	for _, n := range c.ownHosts() {
		if n.host == "" {
			if n.key != "device" {
				m.add(n.key, "set a host name", "is missing")
			}
			continue
		}
		if !hostPattern.MatchString(n.host) || len(n.host) > 253 {
			m.add(n.key, "write a lower-case host name alone; the port comes from listen", "%q is not a host name", n.host)
			continue
		}
		if seen[n.host] != "" {
			m.add(n.key, "give each a host of its own", "is the same host as %s", seen[n.host])
		}
		seen[n.host] = n.key
		if n.key != "suffix" && c.Suffix != "" && sameSiteAs(n.host, c.Suffix) {
			m.add(n.key, "use another registrable domain for the suffix, so that no app's page is same-site with sign-in", "%q and the suffix %q are on one registrable domain", n.host, c.Suffix)
		}
		if n.key == "suffix" && !strings.Contains(n.host, ".") {
			m.add(n.key, "use a name below it, so that tenants can't take the names of other hosts", "%q is a top-level name", n.host)
		}
		if c.TLS.Development && n.host != "localhost" && !strings.HasSuffix(n.host, ".localhost") {
			m.add(n.key, "use a name under localhost, or certificate files", "the development CA can't vouch for %q", n.host)
		}
	}
}

func (c *Config) checkTLS(m *mistakes) {
	ways := 0
	for _, set := range []bool{c.TLS.Development, len(c.TLS.Files) > 0, c.TLS.ACME != nil} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		m.add("tls", "set exactly one of tls.development, tls.files, tls.acme", "%d ways of getting certificates are set", ways)
	}
	for i, f := range c.TLS.Files {
		if f.Certificate == "" || f.Key == "" {
			m.add(fmt.Sprintf("tls.files[%d]", i), "name a certificate and its key", "is incomplete")
		}
	}
	a := c.TLS.ACME
	if a == nil {
		return
	}
	if u, err := url.Parse(a.Directory); err != nil || u.Scheme != "https" || u.Host == "" {
		m.add("tls.acme.directory", "give the authority's https directory address", "%q is not an https address", a.Directory)
	}
	if a.Delegated != nil {
		c.checkDelegated(m)
		return
	}
	for _, n := range []struct{ key, value string }{{"server", a.DNS.Server}, {"zone", a.DNS.Zone}, {"keyName", a.DNS.KeyName}, {"keyFile", a.DNS.KeyFile}} {
		if n.value == "" {
			m.add("tls.acme.dns."+n.key, "dynamic DNS updates need it; or set tls.acme.delegated", "is missing")
		}
	}
	if _, _, err := net.SplitHostPort(a.DNS.Server); a.DNS.Server != "" && err != nil {
		m.add("tls.acme.dns.server", `write "host:port"`, "%q is not an address", a.DNS.Server)
	}
	if !slices.Contains([]string{"", "hmac-sha256", "hmac-sha512"}, a.DNS.Algorithm) {
		m.add("tls.acme.dns.algorithm", "use hmac-sha256 or hmac-sha512", "%q is not an algorithm", a.DNS.Algorithm)
	}
}

// checkDelegated checks the zone that Referee answers for.
func (c *Config) checkDelegated(m *mistakes) {
	a := c.TLS.ACME
	d := a.Delegated
	if a.DNS.Server != "" || a.DNS.Zone != "" || a.DNS.KeyName != "" || a.DNS.KeyFile != "" {
		m.add("tls.acme", "set one of tls.acme.dns, tls.acme.delegated", "both ways of answering challenges are set")
	}
	if !hostPattern.MatchString(d.Zone) || len(d.Zone) > 200 || !strings.Contains(d.Zone, ".") {
		m.add("tls.acme.delegated.zone", "write a zone of its own in lower case, such as acme.example.net", "%q is not a zone", d.Zone)
	} else {
		for _, n := range append(c.ownHosts(), named{"tls.acme.delegated.nameServer", d.NameServer}) {
			if n.host == d.Zone || strings.HasSuffix(n.host, "."+d.Zone) {
				m.add("tls.acme.delegated.zone", "use a zone that holds nothing else: Referee answers for challenges alone there", "%s, %q, lies in it", n.key, n.host)
			}
		}
	}
	if !hostPattern.MatchString(d.NameServer) {
		m.add("tls.acme.delegated.nameServer", "write the host name in the zone's NS record", "%q is not a host name", d.NameServer)
	}
	if _, port, err := net.SplitHostPort(d.Listen); err != nil || port == "" {
		m.add("tls.acme.delegated.listen", `write "host:port", or ":53" for every address`, "%q is not an address to listen at", d.Listen)
	}
}

// shared refuses what one machine's engines can't share: the embedded store, activity log and bus belong to
// one process, so a process that runs only some roles would leave the others without them.
func (c *Config) shared() []error {
	if len(c.Roles) == len(allRoles) {
		return nil
	}
	return []error{&fault.Error{
		Kind: fault.Invalid, Op: "config", Key: "roles",
		Msg:  "SQLite, DuckDB and the embedded bus belong to one process, so roles can't be split over several with them",
		Help: "leave roles empty; splitting them takes PostgreSQL and a NATS cluster, which this version does not run on",
	}}
}

// sameSiteAs reports whether two hosts share a registrable domain. Under localhost, which has no public
// suffix list entry, that is the label before it.
func sameSiteAs(a, b string) bool { return registrable(a) != "" && registrable(a) == registrable(b) }
