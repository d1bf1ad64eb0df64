package signin

import (
	"embed"
	"errors"
	"net/http"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/webpage"
	"github.com/referee-casb/referee/tenant"
)

//go:embed page/*.html part/*.html
var pageFiles embed.FS

var pages = webpage.MustParse(pageFiles, "page/*.html", "part/*.html")

// render writes one of the broker's pages in the tenant's brand.
func (b *Broker) render(w http.ResponseWriter, r *http.Request, t tenant.Tenant, status int, name string, content any) {
	brand := webpage.Brand{Name: t.Brand.Name, Color: t.Brand.Color, Contact: t.Brand.Contact}
	if err := pages.Write(w, r, status, name, brand, content); err != nil {
		b.parts.Log.Error("page", "page", name, "err", err)
	}
}

// failView is what the page for a failed step shows: what happened, what to do, and a code that finds the log
// line. It never shows the cause, which may name things that are nobody's business.
type failView struct {
	Title, Text, Help, Code string
}

var failTitles = map[fault.Kind]string{
	fault.Invalid:         "This request can't be understood",
	fault.Unauthenticated: "Please sign in again",
	fault.Denied:          "Sign-in was not completed",
	fault.NotFound:        "There is nothing here",
	fault.Limited:         "Too much at once",
	fault.Unavailable:     "Sign-in is not available right now",
}

var failStatus = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.Unauthenticated: http.StatusUnauthorized, fault.Denied: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Limited: http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// fail ends a step with a plain page and one precise log line.
func (b *Broker) fail(w http.ResponseWriter, r *http.Request, t tenant.Tenant, err error) {
	kind := fault.KindOf(err)
	status, ok := failStatus[kind]
	if !ok {
		status = http.StatusInternalServerError
	}
	title, ok := failTitles[kind]
	if !ok {
		title = "Something went wrong at our side"
	}
	code := failCode()
	b.parts.Log.Info("sign-in step refused", "tenant", t.ID, "path", r.URL.Path, "code", code, "status", status, "err", err)
	b.render(w, r, t, status, "fail", failView{Title: title, Text: plainReason(err), Help: plainHelp(err), Code: code})
}

// failCode makes a short code that is easy to read aloud: Crockford's alphabet, 30 bits.
func failCode() string {
	b := []byte(newSecret()[:6])
	for i := range b {
		b[i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[b[i]%32]
	}
	return string(b)
}

// plainReason gives the sentence that may be shown: one of this package's own words, for the kinds that a
// person can act on. Causes and the words of other packages stay in the log.
func plainReason(err error) string {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Conflict, fault.NotFound, fault.Canceled:
		return ""
	}
	if e := ours(err); e != nil && e.Msg != "" {
		return strings.ToUpper(e.Msg[:1]) + e.Msg[1:] + "."
	}
	return ""
}

// plainHelp gives this package's own advice.
func plainHelp(err error) string {
	if e := ours(err); e != nil {
		return e.Help
	}
	return ""
}

// ours returns the outermost fault if this package worded it.
func ours(err error) *fault.Error {
	var e *fault.Error
	if errors.As(err, &e) && (e.Op == "signin" || strings.HasPrefix(e.Op, "signin.")) {
		return e
	}
	return nil
}
