package filesapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"strconv"
	"time"
)

// Signed URLs of the CDN need no cookie: whoever has one may use it until it ends. Path and every parameter
// are under the signature. The end is rounded, so that a page's URLs stay the same for some minutes and the
// browser's cache is of use.
const (
	urlLifetime = 10 * time.Minute
	urlRounding = 5 * time.Minute
)

// signedURL returns an absolute URL on the CDN host.
func (a *App) signedURL(path string, q url.Values) string {
	if q == nil {
		q = url.Values{}
	}
	q.Set("exp", strconv.FormatInt(a.cfg.Clock().Truncate(urlRounding).Add(urlLifetime).Unix(), 10))
	u := url.URL{Path: path}
	q.Set("sig", a.signature(u.Path, q))
	return origin(a.cfg.Hosts.CDN) + u.EscapedPath() + "?" + q.Encode()
}

// signed reports whether the URL carries a good signature that has not ended.
func (a *App) signed(u *url.URL) bool {
	q := u.Query()
	got := q.Get("sig")
	q.Del("sig")
	end, err := strconv.ParseInt(q.Get("exp"), 10, 64)
	return err == nil && a.cfg.Clock().Unix() < end && subtle.ConstantTimeCompare([]byte(got), []byte(a.signature(u.Path, q))) == 1
}

func (a *App) signature(path string, q url.Values) string {
	mac := hmac.New(sha256.New, a.urlKey[:])
	mac.Write([]byte(path + "?" + q.Encode()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}
