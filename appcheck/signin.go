package appcheck

import (
	"net/url"
	"strings"

	"github.com/referee-casb/referee/catalog/appprofile"
)

// protocol is how an app was seen to send people to sign in.
type protocol string

const (
	protoNone  protocol = ""
	protoSAML  protocol = "SAML"
	protoOIDC  protocol = "OpenID"
	protoWSFed protocol = "WS-Federation"
	protoForm  protocol = "form"
)

// protocol tells it from the redirects, then from the page.
func (s *seen) protocol() (protocol, string) {
	for _, a := range s.trip {
		if kind := protocolOf(a.at); kind != protoNone {
			return kind, authority(a.at)
		}
	}
	for _, c := range append([]string{}, s.page.inline...) {
		if strings.Contains(c, "SAMLRequest") {
			return protoSAML, "its provider"
		}
	}
	if s.page.password {
		return protoForm, authority(s.last().at)
	}
	return protoNone, ""
}

// protocolOf reads the request for a sign-in that an address may hold (SAML bindings 3.4, OpenID Connect Core 3.1.2.1,
// WS-Federation 13.2.1).
func protocolOf(u *url.URL) protocol {
	q := u.Query()
	switch {
	case q.Get("SAMLRequest") != "":
		return protoSAML
	case q.Get("wa") == "wsignin1.0":
		return protoWSFed
	case q.Get("response_type") != "" && q.Get("client_id") != "" && (strings.Contains(q.Get("scope"), "openid") || q.Get("redirect_uri") != ""):
		return protoOIDC
	}
	return protoNone
}

// signIn judges how people sign in, beside the route.
func signIn(s *seen) []Finding {
	var out []Finding
	kind, where := s.protocol()
	switch kind {
	case protoSAML, protoWSFed:
		out = append(out, Finding{Level: Good, Saw: "It asks for a sign-in by " + string(kind) + " at " + where + ".", Does: "Referee is the provider: referee app show prints what to enter. The answer is made out to the app's own address and posted at the mapped host."})
	case protoOIDC:
		out = append(out, Finding{Level: Good, Saw: "It asks for a sign-in by OpenID at " + where + ".", Does: "Referee is the provider: referee app show prints issuer, client id and endpoints. The redirect address stays the app's own, and the browser lands at the mapped host."})
	case protoForm:
		out = append(out, Finding{Level: Warning, Saw: "It has a form for a password on " + where + ".", Does: "Referee doesn't read passwords, yet they would pass through it: put single sign-on in place and close the form."})
	case protoNone:
		out = append(out, Finding{Level: Note, Saw: "No sign-in was met on the way to its first page.", Does: "Look in the app's settings which protocol it takes."})
	}
	for host := range s.hosts {
		if in, ok := appprofile.SignInHost(host); ok {
			out = append(out, Finding{Level: Note, Saw: host + " was met: " + in.Why + ".", Does: "It is never put behind the gateway."})
		}
	}
	return out
}
