package tenant

import (
	"fmt"
	"net/url"
	"strings"
)

// StepUp says how people authenticate more strongly when a policy asks for it.
type StepUp struct {
	By          StepUpBy           `json:"by,omitempty" yaml:"by,omitempty"`                   // default: the provider where it can, else own
	ACR         []string           `json:"acr,omitempty" yaml:"acr,omitempty"`                 // acr values that stand for a second factor at the provider
	Contexts    map[string]Context `json:"contexts,omitempty" yaml:"contexts,omitempty"`       // authentication contexts, by id ("c1")
	Strengths   map[string]Context `json:"strengths,omitempty" yaml:"strengths,omitempty"`     // authentication strengths, by id or name
	PasswordURL string             `json:"passwordUrl,omitempty" yaml:"passwordUrl,omitempty"` // https page of the provider where a password is changed
	Terms       []Terms            `json:"terms,omitempty" yaml:"terms,omitempty"`             // agreements, Entra's terms of use
}

// StepUpBy says who vouches for a step-up.
type StepUpBy string

// Who vouches.
const (
	StepUpDefault  StepUpBy = ""         // the provider if it says that it knows acr values, else own
	StepUpProvider StepUpBy = "provider" // the provider alone
	StepUpOwn      StepUpBy = "own"      // Referee's own passkeys and one-time codes
	StepUpEither   StepUpBy = "either"   // as the person likes
)

// Context says what an authentication context or strength takes. The zero value asks a provider for the context by
// its own id, in the way of Entra (claim acrs), and takes any factor of ours.
type Context struct {
	ACR     string `json:"acr,omitempty" yaml:"acr,omitempty"`         // what the provider calls it
	Passkey bool   `json:"passkey,omitempty" yaml:"passkey,omitempty"` // of our own factors, a passkey alone will do
}

// Terms is an agreement that people accept before they go on.
type Terms struct {
	ID      string `json:"id" yaml:"id"`
	Title   string `json:"title" yaml:"title"`
	Version string `json:"version" yaml:"version"` // a new one is accepted anew
	Text    string `json:"text" yaml:"text"`       // Markdown
}

// Agreement returns the terms with an id.
func (s StepUp) Agreement(id string) (Terms, bool) {
	for _, t := range s.Terms {
		if t.ID == id {
			return t, true
		}
	}
	return Terms{}, false
}

func (v *validation) stepUp(s StepUp) {
	switch s.By {
	case StepUpDefault, StepUpProvider, StepUpOwn, StepUpEither:
	default:
		v.add("stepUp.by", `"provider", "own" or "either"`, "nobody called %q vouches for a step-up", s.By)
	}
	for i, a := range s.ACR {
		v.acr(fmt.Sprintf("stepUp.acr[%d]", i), a)
	}
	for id, c := range s.Contexts {
		if !contextPattern.MatchString(id) {
			v.add("stepUp.contexts."+id, "", "%q is not an authentication context: c1 to c99", id)
		}
		if c.ACR != "" {
			v.acr("stepUp.contexts."+id+".acr", c.ACR)
		}
	}
	for id, c := range s.Strengths {
		if id == "" || len(id) > 200 {
			v.add("stepUp.strengths", "", "a strength has an id or a name of at most 200 characters")
		}
		if c.ACR != "" {
			v.acr("stepUp.strengths."+id+".acr", c.ACR)
		}
	}
	if u, err := url.Parse(s.PasswordURL); s.PasswordURL != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		v.add("stepUp.passwordUrl", "", "%q is not an https address", s.PasswordURL)
	}
	seen := map[string]bool{}
	for i, t := range s.Terms {
		path := fmt.Sprintf("stepUp.terms[%d]", i)
		switch {
		case t.ID == "" || len(t.ID) > 100 || strings.ContainsAny(t.ID, " \t\r\n"):
			v.add(path+".id", "", "an id of 1 to 100 characters without blanks is needed")
		case seen[t.ID]:
			v.add(path+".id", "", "%q is there twice", t.ID)
		}
		seen[t.ID] = true
		if strings.TrimSpace(t.Title) == "" || len(t.Title) > 200 {
			v.add(path+".title", "", "a title of 1 to 200 characters is needed")
		}
		if t.Version == "" || len(t.Version) > 100 {
			v.add(path+".version", `such as "2026-11"`, "people accept a version: one of 1 to 100 characters is needed")
		}
		if strings.TrimSpace(t.Text) == "" || len(t.Text) > 100_000 {
			v.add(path+".text", "", "a text of 1 to 100,000 bytes is needed")
		}
	}
}

// acr checks one acr value: in a request several are parted by blanks (OpenID Connect Core section 3.1.2.1).
func (v *validation) acr(path, acr string) {
	if acr == "" || len(acr) > 500 || strings.ContainsAny(acr, " \t\r\n\"\\") {
		v.add(path, "copy it from the provider's documentation", "%q is not an acr value", acr)
	}
}
