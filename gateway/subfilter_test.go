package gateway_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/internal/prereqtest"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// nginxMost is how many patterns nginx takes.
const nginxMost = 255

// BenchmarkSubFilter compares what a page of 100 kB with 476 references to hosts costs the gateway, which reads it, rewrites it
// and puts its script in, and nginx's sub_filter, which replaces texts: with as many hosts in the catalogue as nginx has
// patterns, and nginx with one. An nginx that answers from memory plays the app.
func BenchmarkSubFilter(b *testing.B) {
	for _, tool := range []string{"nginx", "h2load"} {
		if _, err := exec.LookPath(tool); err != nil {
			prereqtest.Missing(b, tool, "build/test-prereqs.sh installs it")
		}
	}
	var page strings.Builder
	page.WriteString("<!doctype html><html><head></head><body>")
	for i := range 476 {
		fmt.Fprintf(&page, `<div class="row item-%d"><a href="https://files.app.test/doc/%d">Document number %d</a><p>%s</p></div>`, i, i, i, strings.Repeat("word ", 22))
	}
	for _, n := range []int{1, 50, 5000} {
		b.Run(fmt.Sprintf("%dhosts", n), func(b *testing.B) {
			dir := b.TempDir()
			pair(b, dir, "app", "*.app.test")
			pair(b, dir, "front", "*.contoso.gate.test")
			if err := os.WriteFile(filepath.Join(dir, "list"), []byte(page.String()), 0o644); err != nil { //nolint:gosec // served to everybody
				b.Fatal(err)
			}
			origin := freePort(b)
			nginx(b, dir, "origin", fmt.Sprintf(`server { listen 127.0.0.1:%d ssl; ssl_certificate %[2]s/app.pem; ssl_certificate_key %[2]s/app.key; keepalive_requests 1000000;
				location / { root %[2]s; default_type text/html; } }`, origin, dir))
			var more []catalog.Instance
			filters := map[string]string{"nginx-1pattern": "sub_filter files.app.test files-app-test.contoso.gate.test;\n"}
			all := filters["nginx-1pattern"]
			var names []catalog.Host
			for i := 1; i < n; i++ {
				name := fmt.Sprintf("app-%d.example.com", i)
				names = append(names, catalog.Host{Name: name, Role: catalog.RoleApp})
				if i < nginxMost {
					all += fmt.Sprintf("sub_filter %s app--%d-example-com.contoso.gate.test;\n", name, i)
				}
			}
			if n > 1 {
				filters[fmt.Sprintf("nginx-%dpatterns", min(n, nginxMost))] = all
			}
			for i := 0; len(names) > 0; i++ {
				k := min(len(names), 100)
				more = append(more, catalog.Instance{
					ID: model.InstanceID(fmt.Sprintf("more-%d", i)), Tenant: "contoso", App: "custom", Name: "More", Route: model.RouteSSO, Evidence: model.EvidenceDemo, Hosts: names[:k],
					Federation: catalog.Federation{Protocol: "oidc", ClientID: fmt.Sprintf("more-%d", i), RedirectURIs: []string{"https://" + names[0].Name + "/callback"}},
				})
				names = names[k:]
			}
			r := newRig(b, rigOptions{instances: more, policies: benchPolicies, h1: true, origin: fmt.Sprintf("127.0.0.1:%d", origin)})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			cookie := p.cookie("files.app.test")
			type peer struct {
				name, addr string
				spent      func() time.Duration
			}
			peers := []peer{{"gateway", r.front.Listener.Addr().String(), func() time.Duration { return cpuTime(b) }}}
			for name, filter := range filters {
				port := freePort(b)
				master := nginx(b, dir, name, fmt.Sprintf(`sub_filter_once off; upstream o { server 127.0.0.1:%d; keepalive 512; keepalive_requests 1000000; }
					server { listen 127.0.0.1:%d ssl; ssl_certificate %[3]s/front.pem; ssl_certificate_key %[3]s/front.key; keepalive_requests 1000000;
					location / { proxy_pass https://o; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host files.app.test; proxy_set_header Accept-Encoding ""; proxy_ssl_server_name on; proxy_ssl_name files.app.test;
					proxy_ssl_session_reuse on; proxy_buffers 16 64k; proxy_buffer_size 64k; proxy_busy_buffers_size 128k; proxy_max_temp_file_size 0;
					%[4]s } }`, origin, port, dir, filter))
				peers = append(peers, peer{name, fmt.Sprintf("127.0.0.1:%d", port), func() time.Duration { return childrenTime(b, master) }})
			}
			cost := map[string][]float64{}
			for i := range b.N + 1 {
				for _, peer := range peers {
					before := peer.spent()
					_, requests := load(b, peer.addr, p.mapped("files.app.test"), cookie, "identity")
					if used := peer.spent() - before; i > 0 { // connections to the origin are open by then
						cost[peer.name] = append(cost[peer.name], float64(used.Microseconds())/requests)
					}
				}
			}
			for _, peer := range peers {
				b.ReportMetric(median(cost[peer.name]), peer.name+"-cpu-µs/req")
			}
			for name := range filters {
				b.ReportMetric(median(cost[name])/median(cost["gateway"]), "of-"+name)
			}
		})
	}
}
