package gateway_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/internal/prereqtest"
	"github.com/referee-casb/referee/session"
)

// BenchmarkNginx compares the gateway with a tuned nginx and a bare ReverseProxy in front of the same origin (an nginx that
// answers from memory), loaded by h2load over HTTP/1.1 and TLS on 64 connections, rounds in turn, medians. It needs nginx and
// h2load and says so when they are missing.
func BenchmarkNginx(b *testing.B) {
	for _, tool := range []string{"nginx", "h2load"} {
		if _, err := exec.LookPath(tool); err != nil {
			prereqtest.Missing(b, tool, "build/test-prereqs.sh installs it")
		}
	}
	for _, size := range []int{1 << 10, 1 << 20} {
		b.Run(strconv.Itoa(size>>10)+"kB", func(b *testing.B) {
			dir := b.TempDir()
			pair(b, dir, "app", "*.app.test")
			pair(b, dir, "front", "*.contoso.gate.test")
			body := bytes.Repeat([]byte("12345678"), size/8)
			copy(body, "[1,")
			if err := os.WriteFile(filepath.Join(dir, "list"), body, 0o644); err != nil { //nolint:gosec // served to everybody
				b.Fatal(err)
			}
			origin, proxy := freePort(b), freePort(b)
			nginx(b, dir, "origin", fmt.Sprintf(`server { listen 127.0.0.1:%d ssl; ssl_certificate %[2]s/app.pem; ssl_certificate_key %[2]s/app.key; keepalive_requests 1000000;
				location / { root %[2]s; default_type application/json; } }`, origin, dir))
			master := nginx(b, dir, "proxy", fmt.Sprintf(`upstream o { server 127.0.0.1:%d; keepalive 512; keepalive_requests 1000000; }
				server { listen 127.0.0.1:%d ssl; ssl_certificate %[3]s/front.pem; ssl_certificate_key %[3]s/front.key; keepalive_requests 1000000;
				location / { proxy_pass https://o; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host files.app.test; proxy_ssl_server_name on; proxy_ssl_name files.app.test;
				proxy_ssl_session_reuse on; proxy_buffers 16 64k; proxy_buffer_size 64k; proxy_busy_buffers_size 128k; proxy_max_temp_file_size 0; } }`, origin, proxy, dir))
			r := newRig(b, rigOptions{app: nil, policies: benchPolicies, h1: true, origin: fmt.Sprintf("127.0.0.1:%d", origin)})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			cookie := p.cookie("files.app.test")
			bare := bareProxyTo(b, fmt.Sprintf("127.0.0.1:%d", origin))
			peers := []struct{ name, addr string }{{"nginx", fmt.Sprintf("127.0.0.1:%d", proxy)}, {"reverseproxy", bare.Listener.Addr().String()}, {"gateway", r.front.Listener.Addr().String()}}
			// What a request costs a peer's own process says more on a shared machine than how many there were in a second.
			spent := map[string]func() time.Duration{
				"nginx":        func() time.Duration { return childrenTime(b, master) },
				"reverseproxy": func() time.Duration { return cpuTime(b) }, "gateway": func() time.Duration { return cpuTime(b) },
			}
			cost, rate := map[string][]float64{}, map[string][]float64{}
			for i := range b.N + 1 {
				for _, peer := range peers {
					before := spent[peer.name]()
					persec, n := load(b, peer.addr, p.mapped("files.app.test"), cookie, "gzip, deflate, br, zstd")
					if used := spent[peer.name]() - before; i > 0 { // connections to the origin are open by then
						cost[peer.name] = append(cost[peer.name], float64(used.Microseconds())/n)
						rate[peer.name] = append(rate[peer.name], persec)
					}
				}
			}
			for _, peer := range peers {
				b.ReportMetric(median(cost[peer.name]), peer.name+"-cpu-µs/req")
				b.ReportMetric(median(rate[peer.name]), peer.name+"-req/s")
			}
			b.ReportMetric(median(cost["nginx"])/median(cost["gateway"]), "of-nginx")
			b.ReportMetric(median(cost["reverseproxy"])/median(cost["gateway"]), "of-reverseproxy")
		})
	}
}

var perSecond = regexp.MustCompile(`finished in [0-9.]+s, ([0-9.]+) req/s`)

var succeeded = regexp.MustCompile(`([0-9]+) 2xx`)

// load loads a peer for two seconds over HTTP/1.1.
func load(b *testing.B, addr, host string, cookie session.Secret, codings string) (persec, requests float64) {
	b.Helper()
	out, err := exec.CommandContext(b.Context(), "h2load", "--h1", "-t1", "-c64", "-D2", "--connect-to="+addr, "-H", "cookie: __Host-referee="+cookie.Reveal(), "-H", "user-agent: "+agent,
		"-H", "accept: text/html,*/*", "-H", "accept-encoding: "+codings, "-H", "sec-fetch-mode: navigate", "-H", "sec-fetch-dest: document", "-H", "sec-fetch-site: none",
		"https://"+host+"/list").CombinedOutput()
	m := perSecond.FindSubmatch(out)
	if err != nil || m == nil || !bytes.Contains(out, []byte(" 0 3xx, 0 4xx, 0 5xx")) {
		b.Fatalf("%v\n%s", err, out)
	}
	persec, _ = strconv.ParseFloat(string(m[1]), 64)
	done := succeeded.FindSubmatch(out)
	if done == nil {
		b.Fatalf("%s", out)
	}
	requests, _ = strconv.ParseFloat(string(done[1]), 64)
	return persec, requests
}

// nginx starts one in the foreground with a configuration of its own, and stops it by its process.
func nginx(b *testing.B, dir, name, server string) (master int) {
	b.Helper()
	conf, user := filepath.Join(dir, name+".conf"), ""
	if os.Getuid() == 0 {
		user = "user root;" // the test's folder is ours alone
	}
	text := fmt.Sprintf(`daemon off; %[4]s worker_processes 2; pid %[1]s/%[2]s.pid; error_log %[1]s/%[2]s.err crit; events { worker_connections 4096; }
		http { access_log off; sendfile on; tcp_nodelay on; open_file_cache max=100; client_body_temp_path %[1]s/%[2]s.b; proxy_temp_path %[1]s/%[2]s.p; fastcgi_temp_path %[1]s/%[2]s.f;
		uwsgi_temp_path %[1]s/%[2]s.u; scgi_temp_path %[1]s/%[2]s.s; %[3]s }`, dir, name, server, user)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("nginx", "-c", conf, "-e", filepath.Join(dir, name+".start"))
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	time.Sleep(300 * time.Millisecond)
	return cmd.Process.Pid
}

// childrenTime is what a process's workers have used.
func childrenTime(b *testing.B, master int) (sum time.Duration) {
	b.Helper()
	tasks, err := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", master))
	if err != nil {
		b.Skip("this system doesn't tell a process's children")
	}
	for pid := range strings.FieldsSeq(string(tasks)) {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			b.Fatal(err)
		}
		f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
		for _, ticks := range f[11:13] { // utime and stime, in hundredths of a second
			n, err := strconv.ParseInt(ticks, 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			sum += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return sum
}

// pair writes a certificate and its key.
func pair(b *testing.B, dir, name, host string) {
	b.Helper()
	c := authority().issue(host)
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		b.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, name + ".key": {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

func freePort(b *testing.B) int {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
