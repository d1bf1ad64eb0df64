package appcheck

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/referee-casb/referee/fault"
)

// agent is how a check calls itself; its words are those that some apps ask a browser for.
const agent = "Mozilla/5.0 (compatible; Referee-App-Check)"

// fetcher asks. Certificates are judged after the fact, so that a report can say what is wrong with them: nothing secret
// is ever sent by it.
type fetcher struct {
	s      *seen
	client *http.Client
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)
}

func newFetcher(dial func(ctx context.Context, network, addr string) (net.Conn, error), s *seen) *fetcher {
	f := &fetcher{s: s, dial: dial}
	f.client = &http.Client{
		Timeout: maxAsk,
		Transport: &http.Transport{
			DialContext: dial, DialTLSContext: nil, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 256 << 10, TLSHandshakeTimeout: maxAsk,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, //nolint:gosec // see fetcher: judged in verify
			IdleConnTimeout: 5 * time.Second, MaxIdleConnsPerHost: 2,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return f
}

// answer is one answer, with a bounded body.
type answer struct {
	at     *url.URL
	status int
	header http.Header
	body   []byte
	cut    bool // there was more
	proto  string
	tls    *tls.ConnectionState
}

func (f *fetcher) get(ctx context.Context, address string) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, maxAsk)
	defer cancel()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is no web address", short(address))
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("User-Agent", agent)
	q.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	q.Header.Set("Accept-Language", "en")
	res, err := f.client.Transport.RoundTrip(q) // redirects are followed by trip, which notes them
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxPage+1))
	if err != nil && len(body) == 0 {
		return nil, err
	}
	a := &answer{at: u, status: res.StatusCode, header: res.Header, body: body, proto: res.Proto, tls: res.TLS}
	if len(body) > maxPage {
		a.body, a.cut = body[:maxPage], true
	}
	f.s.present(authority(u), res.TLS)
	return a, nil
}

// authority is a host as the catalogue writes it.
func authority(u *url.URL) string {
	return strings.TrimSuffix(strings.ToLower(u.Host), ":443")
}

// trip follows the app's redirects to its first page.
func (f *fetcher) trip(ctx context.Context, address string) error {
	for range maxHops {
		a, err := f.get(ctx, address)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if fault.Is(err, fault.Denied) { // without the address: what a name stands for inside is nobody's to learn
				return &fault.Error{Kind: fault.Denied, Op: "appcheck.Check", Key: f.s.host, Msg: "is at an address, or leads to one, that is not public", Help: "who runs Referee may list its range among the private ones that apps may be in"}
			}
			if len(f.s.trip) == 0 {
				return &fault.Error{Kind: fault.Unavailable, Op: "appcheck.Check", Key: f.s.host, Msg: "can't be reached: " + plainError(err), Help: "see that the name is right, that this machine resolves it and may reach it, and that it speaks https"}
			}
			f.s.lost = "the redirect to " + short(address) + " can't be followed: " + plainError(err)
			return nil
		}
		f.s.trip = append(f.s.trip, a)
		to := a.header.Get("Location")
		if a.status < 300 || a.status > 399 || to == "" {
			return nil
		}
		next, err := a.at.Parse(to)
		if err != nil || next.Host == "" {
			f.s.lost = "the redirect to " + short(to) + " leads nowhere"
			return nil
		}
		f.s.note(authority(next), UseTrip)
		if next.Scheme != "https" {
			f.s.lost = "it redirects to " + short(next.Scheme+"://"+next.Host) + ", which is not https"
			return nil
		}
		next.Fragment = ""
		address = next.String()
	}
	f.s.lost = fmt.Sprintf("it redirects more than %d times", maxHops)
	return nil
}

// plainError leaves out what net/http says before the cause.
func plainError(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "no answer in time"
	}
	return short(err.Error())
}

// short keeps what an app says of itself printable and short.
func short(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}
