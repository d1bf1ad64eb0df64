package demo

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/demo/jupyter"
	"github.com/referee-casb/referee/model"
)

// output is a buffer that a test may read while the demo writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start runs a demo until the test ends.
func start(t *testing.T, opt Options) *output {
	t.Helper()
	out := &output{}
	opt.Data, opt.Port, opt.Out = t.TempDir(), -1, out
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, opt) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the demo ended with %v", err)
		}
	})
	return out
}

func (o *output) await(t *testing.T, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if m := re.FindStringSubmatch(o.String()); m != nil {
			return m
		}
	}
	t.Fatalf("no %q in:\n%s", pattern, o)
	return nil
}

// Seven days in seconds: people download while the policy monitors, the report names them, the rollout flips by
// itself, and the next download is refused with a code. Everything goes through the real gateway, broker,
// provider, app, bus and log.
func TestMonitorReportFlip(t *testing.T) {
	out := start(t, Options{Advance: 7 * 24 * time.Hour})
	out.await(t, `last download: attachment; filename="[^"]+", saved: true`)
	out.await(t, `21 would have been stopped, of 3 people`)
	// Working hours are the company's, from eight to four.
	out.await(t, `(Mon|Tues|Wednes|Thurs|Fri)day \d+ \w+ (0[89]|1[0-5]):\d\d CES?T. The rollout flipped by itself`)
	out.await(t, `the director tries again: HTTP 403, saved: false, reference code [0-9A-Z]{4}-[0-9A-Z]{4}`)
}

// The facts that scripts read are whole, and a block from the start blocks.
func TestBlockFromTheStart(t *testing.T) {
	out := start(t, Options{JSON: true, Block: true})
	line := out.await(t, `(?m)^(\{.*\})$`)[1]
	var f Facts
	if err := json.Unmarshal([]byte(line), &f); err != nil {
		t.Fatal(err)
	}
	if f.MappedHosts["app"] == "" || f.Accounts["director"] == "" || f.TokenFile == "" {
		t.Fatalf("facts are missing: %+v", f)
	}
	ca, err := os.ReadFile(f.CA)
	if err != nil || !strings.Contains(string(ca), "CERTIFICATE") {
		t.Fatalf("CA file: %v", err)
	}
	p, err := newPerson("director", f.Accounts["director"], loopback(pool(t, ca)))
	if err != nil {
		t.Fatal(err)
	}
	page, err := p.open(t.Context(), f.Link)
	if err != nil || page.status != 200 || page.url.Host != f.MappedHosts["app"] {
		t.Fatalf("the app's own link led to %v with %d, %v; want %s", page.url, page.status, err, f.MappedHosts["app"])
	}
	direct, err := p.open(t.Context(), "https://"+f.Hosts["app"]+"/files/agenda/download")
	if err != nil || direct.url.Host != f.MappedHosts["app"] || direct.saved() {
		t.Fatalf("the direct host gave %v with %d, saved %v, %v", direct.url, direct.status, direct.saved(), err)
	}
	blocked, err := p.open(t.Context(), "https://"+f.MappedHosts["app"]+"/files/agenda/download")
	if err != nil || blocked.status != 403 || blocked.reference() == "" || strings.Contains(blocked.body, "REFEREE-CANARY") {
		t.Fatalf("download: %d, reference %q, %v", blocked.status, blocked.reference(), err)
	}
	for _, want := range []string{"t be saved on this device", "Board agenda.txt", "Request access", "helpdesk@contoso.com"} {
		if !strings.Contains(blocked.body, want) {
			t.Errorf("the block page does not say %q", want)
		}
	}
}

// A real app, Jupyter behind Apache, under the same policy: the same sign-in, its pages work, and its files stay.
func TestRealApp(t *testing.T) {
	if missing := jupyter.Missing(); len(missing) > 0 {
		t.Fatalf("not installed: %v; make test installs them", missing)
	}
	out := start(t, Options{JSON: true, Block: true, Real: true})
	var f Facts
	if err := json.Unmarshal([]byte(out.await(t, `(?m)^(\{.*\})$`)[1]), &f); err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(f.CA)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPerson("director", f.Accounts["director"], loopback(pool(t, ca)))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := p.open(t.Context(), f.Real)
	if err != nil || tree.status != 200 || tree.url.Host != f.MappedHosts["real"] || !strings.Contains(tree.body, "notebook_list") {
		t.Fatalf("the notebook gave %v with %d, %v:\n%.600s", tree.url, tree.status, err, tree.body)
	}
	if strings.Contains(tree.body, f.Hosts["real"]) && !strings.Contains(tree.body, "data-referee-config") {
		t.Fatal("the page has no client script")
	}
	file, err := p.open(t.Context(), "https://"+f.MappedHosts["real"]+"/files/Quarter.csv?download=1")
	if err != nil || file.status != 403 || file.reference() == "" || strings.Contains(file.body, "north,120") {
		t.Fatalf("the file gave %d, %v:\n%.1500s", file.status, err, file.body)
	}
}

// The demo's policies are those of examples/, so that what is shown is what people copy.
func TestPoliciesAreTheExample(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../examples/onedrive-block-download-unmanaged.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(policies, example) {
		t.Fatal("demo/policies.yaml differs from examples/onedrive-block-download-unmanaged.yaml")
	}
	if Tenant.Validate() != nil || Tenant != model.TenantID("demo") {
		t.Fatal("the tenant's name is part of host names")
	}
}

func pool(t *testing.T, pem []byte) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	return p
}
