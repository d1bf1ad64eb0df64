package upstream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/gateway/upstream"
)

// mute takes connections and says nothing, ever.
type mute struct {
	a      *app
	opened atomic.Int64
	first  chan struct{}
}

func newMute(t *testing.T, patience time.Duration) *mute {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mute{first: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close() // at the end
			if m.opened.Add(1) == 1 {
				close(m.first)
			}
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	p := upstream.NewPool(upstream.Options{DialTimeout: patience, HeaderTimeout: patience, IdleConns: 8, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	tr, err := p.Transport(&catalog.Instance{ID: "x", Tenant: "contoso", Origins: map[string]string{"app.test": l.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	m.a = &app{transport: tr}
	return m
}

// Those who wait for a host that says nothing wait once, not one after the other.
func TestManyWaitOnce(t *testing.T) {
	t.Parallel()
	m := newMute(t, 3*time.Second)
	var wg sync.WaitGroup
	ask := func() {
		if got, err := m.a.ask(t.Context(), "/"); err == nil {
			t.Errorf("answered %q", got)
		}
	}
	wg.Go(ask)
	<-m.first
	for range 20 {
		wg.Go(ask)
	}
	wg.Wait()
	if n := m.opened.Load(); n > 3 { // late ones may find nobody to wait for
		t.Errorf("%d connections for 21 requests at once", n)
	}
}

// Who gives up is not kept by the one who asks the host, and who asks and gives up spoils it for nobody.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	m := newMute(t, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	asker := make(chan error, 1)
	wg.Go(func() {
		_, err := m.a.ask(ctx, "/")
		asker <- err
	})
	<-m.first
	gone, end := context.WithCancel(t.Context())
	end()
	if _, err := m.a.ask(gone, "/"); !errors.Is(err, context.Canceled) {
		t.Errorf("who had gone: %v", err)
	}
	left, leave := context.WithCancel(t.Context())
	waits := make(chan error, 1)
	wg.Go(func() {
		_, err := m.a.ask(left, "/")
		waits <- err
	})
	cancel()
	if err := <-asker; !errors.Is(err, context.Canceled) {
		t.Errorf("who asked: %v", err)
	}
	for m.opened.Load() < 2 { // the one who waits asks in its place
		select {
		case err := <-waits:
			t.Fatalf("who waited got %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	leave()
	<-waits
	wg.Wait()
}

// A request without Host goes to its address's, as http.RoundTripper asks.
func TestHostOfTheAddress(t *testing.T) {
	t.Parallel()
	a := scripted(t, echoHead)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://app.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = ""
	res, err := a.transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Seen"); got != "app.test" {
		t.Errorf("Host %q", got)
	}
}

// echoHead answers with the Host that it was asked for.
func echoHead(_ int, head string, w io.Writer) bool {
	_, rest, _ := strings.Cut(head, "\r\nHost: ")
	host, _, _ := strings.Cut(rest, "\r\n")
	_, err := w.Write([]byte("HTTP/1.1 204 No Content\r\nSeen: " + host + "\r\n\r\n"))
	return err == nil
}
