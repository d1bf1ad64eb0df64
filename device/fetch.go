package device

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Bounds of what is fetched on the word of a certificate.
const (
	fetchTime = 5 * time.Second
	maxCRL    = 10 << 20
	maxOCSP   = 64 << 10
)

// special are the networks that are no place on the internet, beside private and loopback ones: shared,
// benchmarking and documentation addresses, and those that hide an IPv4 address inside IPv6 (RFC 6890).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// Public reports whether an address is somewhere on the internet: not private, local, special or hidden inside IPv6.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// errPrivate is why a connection was not made.
var errPrivate = errors.New("its address is not on the internet; an installation's administrator may allow it with device.certificate.private")

// newClient returns a client for addresses that certificates name. It follows no redirect, uses no proxy, and
// looks at the address after it was resolved, so that no name leads inside.
func newClient(private bool) *http.Client {
	dialer := &net.Dialer{Timeout: fetchTime, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !private && !Public(at.Addr()) {
			return errPrivate
		}
		return nil
	}}
	return &http.Client{
		Timeout:       fetchTime,
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10, TLSHandshakeTimeout: fetchTime},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// fetch gets a bounded answer; body nil asks by GET. Its errors are Unavailable.
func fetch(ctx context.Context, client *http.Client, address string, body []byte, accept string, most int64) ([]byte, error) {
	const op = "device.fetch"
	lost := func(err error) ([]byte, error) {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: op, Key: address, Msg: "can't be fetched", Err: err}
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return lost(errors.New("it is no http address"))
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	q, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return lost(err)
	}
	q.Header.Set("Accept", accept)
	if body != nil {
		q.Header.Set("Content-Type", "application/ocsp-request")
	}
	res, err := client.Do(q)
	if err != nil {
		return lost(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return lost(errors.New("it answers " + res.Status))
	}
	out, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil {
		return lost(err)
	}
	if int64(len(out)) > most {
		return lost(errors.New("its answer is too large"))
	}
	return out, nil
}
