package smuggle

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// peer is another proxy in front of a recorder of its own, without TLS: how it reads requests doesn't depend on it.
type peer struct {
	name   string
	http1  string // address
	http2  string // address, HTTP/2 with prior knowledge
	record *recorder
}

// startPeers starts what is installed, each in the foreground with its own configuration; they end with the test.
func startPeers(t *testing.T) (peers []*peer, missing []string) {
	t.Helper()
	for _, p := range []struct {
		name, command string
		config        func(t *testing.T, dir, http1, http2, app string) []string
	}{{"nginx", "nginx", nginxConfig}, {"HAProxy", "haproxy", haproxyConfig}, {"Apache", "apache2", apacheConfig}} {
		path := findCommand(p.command)
		if path == "" {
			missing = append(missing, p.name)
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		r := newRecorder()
		go r.serve(l)
		t.Cleanup(func() { r.close(l) })
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o755); err != nil { // Apache's workers are another user's when root starts it
			t.Fatal(err)
		}
		one := &peer{name: p.name, http1: freeAddress(t), http2: freeAddress(t), record: r}
		run(t, path, p.config(t, dir, one.http1, one.http2, l.Addr().String()), filepath.Join(dir, "output"))
		for _, addr := range []string{one.http1, one.http2} {
			await(t, p.name, addr)
		}
		peers = append(peers, one)
	}
	return peers, missing
}

func findCommand(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path := filepath.Join("/usr/sbin", name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	return ""
}

// run starts a program in a session of its own (Apache signals its whole process group when it ends) and ends it with
// the test.
func run(t *testing.T, path string, args []string, output string) {
	t.Helper()
	out, err := os.Create(output)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		timer := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		timer.Stop()
		out.Close()
		if t.Failed() {
			if text, err := os.ReadFile(output); err == nil && len(text) > 0 {
				t.Logf("%s said:\n%s", filepath.Base(path), tail(string(text), 2000))
			}
		}
	})
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

func await(t *testing.T, name, addr string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return
		}
	}
	t.Fatalf("%s does not listen on %s", name, addr)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func nginxConfig(t *testing.T, dir, http1, http2, app string) []string {
	temp := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp += fmt.Sprintf("%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	return []string{"-p", dir, "-c", write(t, dir, "nginx.conf", fmt.Sprintf(`
daemon off; master_process off; pid nginx.pid; error_log stderr crit;
events { worker_connections 512; }
http {
access_log off;
%s
upstream app { server %s; keepalive 16; }
server {
listen %s; listen %s http2;
location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }
}
}
`, temp, app, http1, http2))}
}

func haproxyConfig(t *testing.T, dir, http1, http2, app string) []string {
	return []string{"-db", "-f", write(t, dir, "haproxy.cfg", fmt.Sprintf(`
global
 maxconn 512
defaults
 mode http
 timeout connect 2s
 timeout client 5s
 timeout server 5s
 http-reuse always
frontend one
 bind %s
 default_backend app
frontend two
 bind %s proto h2
 default_backend app
backend app
 server app %s
`, http1, http2, app))}
}

func apacheConfig(t *testing.T, dir, http1, http2, app string) []string {
	var modules strings.Builder
	for _, m := range []string{"mpm_event", "authz_core", "proxy", "proxy_http", "http2"} {
		fmt.Fprintf(&modules, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "User www-data\nGroup www-data\n"
	}
	return []string{"-DFOREGROUND", "-f", write(t, dir, "apache.conf", fmt.Sprintf(`
ServerRoot %s
ServerName localhost
PidFile %s/pid
DefaultRuntimeDir %s
ErrorLog %s/error.log
LogLevel crit
%s%sListen %s
Listen %s
Protocols h2c http/1.1
H2Direct on
StartServers 1
ProxyPreserveHost On
ProxyPass / http://%s/
`, dir, dir, dir, dir, modules.String(), user, http1, http2, app))}
}
