package page

import (
	"embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/referee-casb/referee/internal/webpage"
)

//go:embed page/*.html
var files embed.FS

var set = webpage.MustParse(files, "page/*.html")

// Blocked is shown when a navigation was stopped.
type Blocked struct {
	Title       string
	Message     template.HTML // the policy's words, or ours
	App         string
	File        string
	Policy      string
	Reference   string   // as a person reads it: K7QM-2T9X
	CanDo       []string // what still works
	StepUpURL   string   // on the broker; "" when authenticating more strongly opens nothing
	NewWindow   bool     // the page is in a frame, where the broker's pages are not shown
	OverrideURL string   // on the broker; "" when the policy doesn't allow it
	RequestURL  string   // on the broker
	Contact     string
	Back        string // mapped URL to go back to; "" hides the link
}

// Notice is shown once an app session, before the app.
type Notice struct {
	Title   string
	Message template.HTML
	App     string
	Action  string // form target
	Token   string // proves that this page was shown
	Help    string // address where the organisation says more; "" none
}

// Error is shown when Referee or the app can't answer.
type Error struct {
	Title     string
	Message   string
	CanDo     []string
	Reference string
	Retry     string // address of a link that tries again; "" hides it
	Wait      bool   // the page is empty and loads itself again for a few seconds before it shows its words
	Contact   string
}

// Replay sends a kept form again after sign-in. Fields are in their order.
type Replay struct {
	Action    string
	Multipart bool // the kept form was multipart/form-data; else urlencoded or text/plain
	Plain     bool
	Fields    []Field
	App       string
}

// Field is one field of a kept form.
type Field struct{ Name, Value string }

// Apex says who runs this suffix.
type Apex struct {
	Suffix   string
	Operator string
	Site     string // operator's own site
	Abuse    string // mail address or URL for reports of abuse
	AbuseURL template.URL
}

// SignedOut is shown after sign-out.
type SignedOut struct{ App, Again string }

// WriteBlocked writes a block page; framed lets hosts of the tenant show it in a frame, for a navigation that was
// stopped inside one. ancestors is a CSP source list.
func WriteBlocked(w http.ResponseWriter, r *http.Request, status int, brand webpage.Brand, ancestors string, b Blocked) error {
	if ancestors != "" {
		w = &framed{ResponseWriter: w, ancestors: ancestors}
	}
	return set.Write(w, r, status, "blocked", brand, b)
}

// WriteNotice writes the notice of a monitored session.
func WriteNotice(w http.ResponseWriter, r *http.Request, brand webpage.Brand, n Notice) error {
	return set.Write(w, r, http.StatusOK, "notice", brand, n)
}

// WriteError writes an error page.
func WriteError(w http.ResponseWriter, r *http.Request, status int, brand webpage.Brand, ancestors string, e Error) error {
	if ancestors != "" {
		w = &framed{ResponseWriter: w, ancestors: ancestors}
	}
	return set.Write(w, r, status, "error", brand, e)
}

// WriteReplay writes the page that submits a kept form by itself, or by its button where scripts don't run.
func WriteReplay(w http.ResponseWriter, r *http.Request, brand webpage.Brand, p Replay) error {
	return set.Write(w, r, http.StatusOK, "replay", brand, p)
}

// WriteApex writes the page of the suffix itself.
func WriteApex(w http.ResponseWriter, r *http.Request, a Apex) error {
	if strings.Contains(a.Abuse, "@") && !strings.Contains(a.Abuse, "/") {
		a.AbuseURL = template.URL("mailto:" + strings.Map(mailByte, a.Abuse)) //nolint:gosec // restricted to the bytes of an address
	} else if strings.HasPrefix(a.Abuse, "https://") {
		a.AbuseURL = template.URL(a.Abuse) //nolint:gosec // https, from the operator's configuration; escaped by the template
	}
	return set.Write(w, r, http.StatusOK, "apex", webpage.Brand{Name: a.Operator}, a)
}

// WriteSignedOut writes the page after sign-out.
func WriteSignedOut(w http.ResponseWriter, r *http.Request, brand webpage.Brand, s SignedOut) error {
	return set.Write(w, r, http.StatusOK, "signedout", brand, s)
}

func mailByte(r rune) rune {
	if r > ' ' && r < 0x7f && !strings.ContainsRune(`"<>\^`+"`{|}?&#%", r) {
		return r
	}
	return -1
}

// framed lets the pages of one tenant's hosts frame an answer.
type framed struct {
	http.ResponseWriter
	ancestors string
}

// WriteHeader edits the page's policy on its way out.
func (f *framed) WriteHeader(status int) {
	h := f.Header()
	h.Del("X-Frame-Options")
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors "+f.ancestors, 1))
	f.ResponseWriter.WriteHeader(status)
}
