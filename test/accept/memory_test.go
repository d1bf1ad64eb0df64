//go:build accept

package accept

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/test/stage"
)

// TestMemory measures what many sessions and connections take: 20,000 stored sessions, 2,000 HTTP/2 connections each of
// another session, 500 WebSockets. Each figure is resident memory after a collection, so that what is held is counted.
func TestMemory(t *testing.T) {
	sessions, connections, sockets := number(t, "REFEREE_SESSIONS", 20000), number(t, "REFEREE_CONNECTIONS", 2000), number(t, "REFEREE_SOCKETS", 500)
	s := open(t, stage.Options{App: newApp()})
	empty := start(t, s)
	signIn(t, s, "demo", 0)
	alone := resident(t, empty)
	if err := empty.Stop(); err != nil {
		t.Fatal(err)
	}
	s.Setup.Stored = &stage.Stored{Count: sessions, File: t.TempDir() + "/sessions"}
	diskBefore, err := stage.DiskOf(s.Setup.Data)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, s)
	stored := resident(t, r)
	disk, err := stage.DiskOf(s.Setup.Data)
	if err != nil {
		t.Fatal(err)
	}
	cookies := stored20k(t, s.Setup.Stored.File)
	useAll(t, s, cookies)
	used := resident(t, r)

	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	var mu sync.Mutex
	each(connections, func(i int) {
		c := idleConnection(t, s, cookies[i%len(cookies)])
		mu.Lock()
		defer mu.Unlock()
		open = append(open, c)
	})
	connected := resident(t, r)
	each(sockets, func(i int) {
		c := socket(t, s, cookies[i%len(cookies)])
		mu.Lock()
		defer mu.Unlock()
		open = append(open, c)
	})
	socketed := resident(t, r)
	one := func(after, before int64, n int) string {
		return fmt.Sprintf("%4d MB, %6.1f kB each", (after-before)>>20, float64(after-before)/1024/float64(n))
	}
	report(t, "resident memory after a collection:\n  one person signed in        %4d MB\n  %6d stored sessions      +%s; on disk %d MB\n  the same, each used once    +%s\n  %6d HTTP/2 connections   +%s\n  %6d WebSockets           +%s\n  all together                %4d MB",
		alone>>20, sessions, one(stored, alone, sessions), (disk-diskBefore)>>20, one(used, stored, sessions), connections, one(connected, used, connections), sockets, one(socketed, connected, sockets), socketed>>20)
	for i, c := range open[max(0, len(open)-sockets):] {
		if err := ping(c); err != nil {
			t.Fatalf("socket %d: %v", i, err)
		}
	}
}

// resident is what is held: two collections, because the first one's finalizers free more.
func resident(t *testing.T, r *stage.Referee) int64 {
	t.Helper()
	for range 2 {
		if err := r.Free(); err != nil {
			t.Fatal(err)
		}
	}
	m, err := stage.MemoryOf(r.PID)
	if err != nil {
		t.Fatal(err)
	}
	return m.Resident
}

// stored20k reads the cookies of the stored sessions.
func stored20k(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		_, cookie, _ := strings.Cut(strings.TrimSpace(line), " ")
		all = append(all, cookie)
	}
	return all
}

// each runs f for 0 … n-1, several at once.
func each(n int, f func(i int)) {
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			for i := w; i < n; i += 16 {
				f(i)
			}
		})
	}
	all.Wait()
}

// useAll makes a request in each session.
func useAll(t *testing.T, s *stage.Stage, cookies []string) {
	t.Helper()
	c := s.Client()
	defer c.CloseIdleConnections()
	each(len(cookies), func(i int) {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+s.Mapped("demo")+"/plain/x", nil)
		if err != nil {
			t.Error(err)
			return
		}
		stage.Script(q)
		q.Header.Set("Cookie", stage.CookieHeader(cookies[i]))
		res, err := c.Do(q)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("session %d: %s, %v", i, res.Status, err)
		}
	})
}

// idleConnection opens an HTTP/2 connection, makes one request on it and leaves it open.
func idleConnection(t *testing.T, s *stage.Stage, cookie string) net.Conn {
	t.Helper()
	var conn net.Conn
	tr := stage.Loopback(s.CA.RootPool())
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := stage.DialLoopback(ctx, network, addr)
		conn = c
		return c, err
	}
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+s.Mapped("demo")+"/plain/x", nil)
	if err != nil {
		t.Error(err) // on a goroutine that may not end the test
		return &net.TCPConn{}
	}
	stage.Script(q)
	q.Header.Set("Cookie", stage.CookieHeader(cookie))
	res, err := (&http.Client{Transport: tr}).Do(q)
	if err != nil {
		t.Error(err)
		return &net.TCPConn{}
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		t.Errorf("%s %s, %v", res.Proto, res.Status, err)
	}
	return conn
}

// socket opens a WebSocket through the gateway.
func socket(t *testing.T, s *stage.Stage, cookie string) net.Conn {
	t.Helper()
	raw, err := stage.DialLoopback(t.Context(), "tcp", s.Mapped("demo"))
	if err != nil {
		t.Error(err)
		return &net.TCPConn{}
	}
	host := s.Mapped("demo")
	name, _, _ := net.SplitHostPort(host)
	c := tls.Client(raw, &tls.Config{RootCAs: s.CA.RootPool(), ServerName: name, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12})
	fmt.Fprintf(c, "GET /socket HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nOrigin: https://%s\r\nUser-Agent: %s\r\nSec-Fetch-Mode: websocket\r\nSec-Fetch-Dest: websocket\r\nSec-Fetch-Site: same-origin\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host, stage.CookieHeader(cookie), host, stage.UserAgent)
	res, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil {
		t.Error(err)
		return c
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("socket: %s", res.Status)
		return c
	}
	if err := ping(c); err != nil {
		t.Error(err)
	}
	return c
}

// ping sends a masked frame and waits for it to come back.
func ping(c net.Conn) error {
	frame := []byte{0x81, 0x84, 0, 0, 0, 0, 'p', 'i', 'n', 'g'}
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := c.Write(frame); err != nil {
		return err
	}
	back := make([]byte, 6) // a server doesn't mask
	if _, err := io.ReadFull(c, back); err != nil {
		return err
	}
	if string(back) != "\x81\x04ping" {
		return fmt.Errorf("%q came back", back)
	}
	return nil
}
