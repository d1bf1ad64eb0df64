package signin_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"testing"
)

// from is a browser at an address of its own, "127.0.0.7".
func (r *rig) from(address string) *browser {
	b := r.browser(nil)
	tr := r.transport(nil)
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
		return d.DialContext(ctx, network, r.addr)
	}
	r.t.Cleanup(tr.CloseIdleConnections)
	b.client.Transport = tr
	return b
}

// TestTypedAddressLocksNobodyOut: whoever types somebody's address again and again is stopped by their own network's
// bound, and the owner of the address signs in.
func TestTypedAddressLocksNobodyOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: twoHomes})
	b := r.from("127.0.0.7")
	p := b.open(r.direct(appHost) + "/")
	m := askedField.FindStringSubmatch(p.text)
	origin := "https://" + brokerHost + r.port
	try := func(address string) int {
		return b.send(http.MethodPost, origin+"/contoso/home", url.Values{"asked": {m[1]}, "address": {address}}, "Origin", origin, "Sec-Fetch-Site", "same-origin").status
	}
	n := 0
	for n = range 2000 {
		if try("director@contoso.example") == http.StatusTooManyRequests {
			break
		}
	}
	if n < 100 || n == 1999 {
		t.Errorf("stopped after %d", n)
	}
	victim := r.from("127.0.0.8")
	victim.choose(victim.open(r.direct(appHost)+"/"), "address", "director@contoso.example").has(t, 200, "hello director")
}
