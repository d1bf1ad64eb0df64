package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/referee-casb/referee/test/stage"
)

// One cipher for all, so that nobody wins by choosing another.
const cipher = "TLS_AES_128_GCM_SHA256"

// openApp starts the app: nginx with three files, by HTTP/1.1 on one port, and also by HTTP/2 on another, for
// measuring it alone.
func (f *field) openApp(port, both int) error {
	files := filepath.Join(f.dir, "files")
	if err := os.MkdirAll(files, 0o700); err != nil {
		return err
	}
	for name, size := range map[string]int{"1k.json": 1 << 10, "1m.json": 1 << 20, "1m.bin": 1 << 20, "healthz": 3} {
		text := bytes.Repeat([]byte("[0123456789abcde"), size/16+1)[:size]
		if err := os.WriteFile(filepath.Join(files, name), text, 0o600); err != nil {
			return err
		}
	}
	_, err := f.nginx("app", stage.App, fmt.Sprintf(`
root %s;
default_type text/html;
types { application/json json; application/octet-stream bin; }
open_file_cache max=100;
sendfile on; tcp_nopush on;
server { listen 127.0.0.1:%d ssl; }
server { listen 127.0.0.1:%d ssl http2; }
`, files, port, both), port)
	return err
}

// openNginx starts nginx as a proxy, tuned: large buffers, no temporary files, connections kept on both sides.
func (f *field) openNginx(host string, app, port int) (*peer, error) {
	pid, err := f.nginx("proxy", host, fmt.Sprintf(`
upstream app { server 127.0.0.1:%d; keepalive 512; keepalive_requests 100000000; }
server {
listen 127.0.0.1:%d ssl http2;
location / {
proxy_pass https://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host %s;
proxy_ssl_server_name on; proxy_ssl_name %s; proxy_ssl_verify on; proxy_ssl_trusted_certificate %s; proxy_ssl_session_reuse on;
proxy_ssl_protocols TLSv1.3; proxy_ssl_conf_command Ciphersuites %s;
proxy_buffers 16 64k; proxy_buffer_size 64k; proxy_busy_buffers_size 128k; proxy_max_temp_file_size 0;
}
}
`, app, port, stage.App, stage.App, f.stage.CA.RootFile(), cipher), port)
	return &peer{name: peerNginx, pids: []int{pid}, port: port, url: fmt.Sprintf("https://%s:%d", host, port)}, err
}

// nginx starts nginx with the given servers and a certificate for host.
func (f *field) nginx(name, host, servers string, port int) (int, error) {
	dir := filepath.Join(f.dir, "nginx-"+name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	if err := stage.CertificateFiles(f.stage.CA, host, filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")); err != nil {
		return 0, err
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // the workers read a folder that is ours alone
	}
	conf := user + `
daemon off; worker_processes auto; pid nginx.pid; error_log stderr error;
events { worker_connections 4096; multi_accept on; }
http {
access_log off; server_tokens off;
client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
keepalive_requests 100000000; keepalive_timeout 300s; tcp_nodelay on;
ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites ` + cipher + `;
ssl_session_cache shared:SSL:10m; ssl_buffer_size 16k;
` + servers + "}\n"
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		return 0, err
	}
	return f.run(exec.Command(command("nginx"), "-q", "-p", dir, "-c", file, "-e", "stderr"), port) //nolint:gosec,noctx // ended by close
}

// proxySetup is what the bare proxy is told; it is this program again, in a process of its own.
type proxySetup struct {
	Address, App, Cert, Key, Roots string
}

const proxyVariable = "REFEREE_BENCH_PROXY"

func (f *field) openProxy(host string, app, port int) (*peer, error) {
	s := proxySetup{Address: "127.0.0.1:" + strconv.Itoa(port), App: "127.0.0.1:" + strconv.Itoa(app), Cert: filepath.Join(f.dir, "proxy.pem"), Key: filepath.Join(f.dir, "proxy.key"), Roots: f.stage.CA.RootFile()}
	if err := stage.CertificateFiles(f.stage.CA, host, s.Cert, s.Key); err != nil {
		return nil, err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self) //nolint:gosec,noctx // this program; ended by close
	cmd.Env = append(os.Environ(), proxyVariable+"="+string(text))
	pid, err := f.run(cmd, port)
	return &peer{name: peerGo, pids: []int{pid}, port: port, url: fmt.Sprintf("https://%s:%d", host, port)}, err
}

// buffers is an httputil.BufferPool of 64 KiB.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 64<<10)
}

func (b *buffers) Put(p []byte) { b.pool.Put(&p) }

// beProxy is the bare tuned httputil.ReverseProxy, when this process was started to be it: Rewrite hook, 512 idle
// connections a host, buffers of 64 KiB, no compression of its own. It looks at nothing.
func beProxy() {
	text := os.Getenv(proxyVariable)
	if text == "" {
		return
	}
	var s proxySetup
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		log.Fatal(err)
	}
	pem, err := os.ReadFile(s.Roots)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	target := &url.URL{Scheme: "https", Host: stage.App}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, BufferPool: &buffers{}, ErrorLog: log.New(io.Discard, "", 0),
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 512, ForceAttemptHTTP2: true, DisableCompression: true, WriteBufferSize: 16 << 10, ReadBufferSize: 16 << 10,
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, network, s.App)
			},
		},
	}
	server := &http.Server{Addr: s.Address, Handler: proxy, ReadHeaderTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: log.New(io.Discard, "", 0), TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	log.Fatal(server.ListenAndServeTLS(s.Cert, s.Key))
}
