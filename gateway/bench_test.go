package gateway_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/referee-casb/referee/session"
)

// benchPolicies are what a decision of the benchmark goes through.
const benchPolicies = `
kind: SessionPolicy
id: block
name: Block downloads from unmanaged devices
control: controlFileDownload
activities: {device.tags: {eq: unmanaged}}
action: block
level: strict
---
kind: SessionPolicy
id: print
name: No printing
control: blockActivities
activities: {activity.type: {eq: print}}
action: block
`

// pool64 is the buffer pool of the bare proxy.
type pool64 struct{ p sync.Pool }

func (p *pool64) Get() []byte  { return p.p.Get().(*[64 << 10]byte)[:] }
func (p *pool64) Put(b []byte) { p.p.Put((*[64 << 10]byte)(b)) }

// BenchmarkHop compares a request through the gateway (session, recognition, decision, fields both ways) with one
// through a bare tuned httputil.ReverseProxy to the same app in the same run: TLS on both sides, 64 connections.
func BenchmarkHop(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		payload := bytes.Repeat([]byte("0123456789abcdef"), size/16)
		app := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{"application/json"}
			w.Header()["Cache-Control"] = []string{"private, max-age=0"}
			w.Header()["Content-Length"] = []string{strconv.Itoa(len(payload))}
			w.Write(payload)
		})
		payload[0], payload[1] = '[', '1'
		for _, proto := range []string{"h1", "h2"} {
			r := newRig(b, rigOptions{app: app, policies: benchPolicies, h1: true})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			p.cookie("files.app.test")
			name := strconv.Itoa(size>>10) + "kB/" + proto
			bare := bareProxy(b, r)
			for _, peer := range []struct {
				name, addr, host string
			}{{"reverseproxy", bare.Listener.Addr().String(), p.mapped("files.app.test")}, {"gateway", r.front.Listener.Addr().String(), p.mapped("files.app.test")}} {
				b.Run(name+"/"+peer.name, func(b *testing.B) {
					c := benchClient(b, peer.addr, proto == "h2")
					c.Jar = p.client.Jar
					u := "https://" + peer.host + "/list?page=2"
					b.SetBytes(int64(size))
					b.ReportAllocs()
					b.SetParallelism(32) // 2 processors: 64 at once
					b.ResetTimer()
					before := cpuTime(b)
					b.RunParallel(func(pb *testing.PB) {
						buf := make([]byte, 64<<10)
						for pb.Next() {
							q := navigation(u, "Accept-Language", "en", "Accept-Encoding", "gzip, deflate, br, zstd")
							res, err := c.Do(q)
							if err != nil {
								b.Error(err)
								return
							}
							n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{res.Body}, buf)
							res.Body.Close()
							if err != nil || n != int64(size) || res.StatusCode != 200 {
								b.Error(n, err, res.Status)
								return
							}
						}
					})
					b.ReportMetric(float64(cpuTime(b)-before)/1e3/float64(b.N), "cpu-µs/op") // of client, proxy and app together
				})
			}
		}
	}
}

// cpuTime is what this process has used; on a shared machine it says more than the clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func bareProxy(b *testing.B, r *rig) *httptest.Server {
	return bareProxyTo(b, r.app.Listener.Addr().String())
}

func bareProxyTo(b *testing.B, app string) *httptest.Server {
	target := &url.URL{Scheme: "https", Host: "files.app.test"}
	rp := &httputil.ReverseProxy{
		Rewrite:    func(pr *httputil.ProxyRequest) { pr.SetURL(target) },
		BufferPool: &pool64{sync.Pool{New: func() any { return new([64 << 10]byte) }}},
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 512, ForceAttemptHTTP2: true, DisableCompression: true,
			WriteBufferSize: 16 << 10, ReadBufferSize: 16 << 10, TLSClientConfig: &tls.Config{RootCAs: authority().roots()},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, network, app)
			},
		},
	}
	s := httptest.NewUnstartedServer(rp)
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{Certificates: []tls.Certificate{authority().issue("*.contoso.gate.test")}}
	s.StartTLS()
	b.Cleanup(s.Close)
	return s
}

func benchClient(b *testing.B, addr string, h2 bool) *http.Client {
	tr := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authority().roots()}, ForceAttemptHTTP2: h2, DisableCompression: true,
		MaxIdleConnsPerHost: 128, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, addr)
		},
	}
	if !h2 {
		tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	b.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// BenchmarkRatio says how many requests of 1 kB the gateway serves for each one of the bare proxy, at 64 connections: many
// short rounds in turn, so that whatever else runs on the machine hits both alike, and the median of their ratios.
func BenchmarkRatio(b *testing.B) {
	payload := append([]byte("[1,"), bytes.Repeat([]byte("1234567,"), 127)...)
	app := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(payload))}
		w.Write(payload)
	})
	for _, proto := range []string{"h1", "h2"} {
		b.Run(proto, func(b *testing.B) {
			r := newRig(b, rigOptions{app: app, policies: benchPolicies, h1: true})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			p.cookie("files.app.test")
			u := "https://" + p.mapped("files.app.test") + "/list?page=2"
			bare := bareProxy(b, r)
			round := func(c *http.Client) (cpu, wall time.Duration) {
				const workers, each = 64, 40
				before, start := cpuTime(b), time.Now()
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for range each {
							res, err := c.Do(navigation(u, "Accept-Language", "en", "Accept-Encoding", "gzip, deflate, br, zstd"))
							if err != nil {
								b.Error(err)
								return
							}
							if n, err := io.Copy(io.Discard, res.Body); err != nil || int(n) != len(payload) {
								b.Error(n, err)
							}
							res.Body.Close()
						}
					})
				}
				wg.Wait()
				return cpuTime(b) - before, time.Since(start)
			}
			clients := [2]*http.Client{benchClient(b, bare.Listener.Addr().String(), proto == "h2"), benchClient(b, r.front.Listener.Addr().String(), proto == "h2")}
			direct := benchClient(b, r.app.Listener.Addr().String(), false) // what client and app cost alone
			clients[0].Jar, clients[1].Jar = p.client.Jar, p.client.Jar
			direct.Transport.(*http.Transport).TLSClientConfig.ServerName = "files.app.test"
			var cpu, wall, net []float64
			for i := range b.N + 3 {
				c0, w0 := round(clients[0])
				c1, w1 := round(clients[1])
				cd, _ := round(direct)
				if i >= 3 { // connections are open by then
					cpu, wall = append(cpu, float64(c0)/float64(c1)), append(wall, float64(w0)/float64(w1))
					net = append(net, float64(c0-cd)/float64(c1-cd))
				}
			}
			b.ReportMetric(median(cpu), "cpu-ratio")
			b.ReportMetric(median(net), "proxy-cpu-ratio")
			b.ReportMetric(median(wall), "throughput-ratio")
		})
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
