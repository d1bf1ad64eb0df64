package appcheck

import (
	"fmt"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

// route judges how the app can come under control, and what that can't do. It is the report's first line.
func route(s *seen) []Finding {
	const cant = " Programs that are no browser are decided about at sign-in alone; copy, print and what a page already holds are deterrence."
	if p := s.profile; p != nil {
		app, _ := catalog.AppByKey(p.App)
		r := p.Routes[0]
		f := Finding{Level: Note, Saw: fmt.Sprintf("Route %s: %s has a profile (evidence: %s, %s).", r.Route, app.Name, p.Evidence, p.Date)}
		f.Does = fmt.Sprintf("Takes %s. ", r.Note)
		if !p.Supported() {
			f.Does += "It was never run behind Referee: try it before you rely on it. "
		}
		f.Does += "See referee app profile show " + p.App + " for what can't be done." + cant
		out := []Finding{f}
		for _, other := range p.Routes[1:] {
			out = append(out, Finding{Level: Note, Saw: fmt.Sprintf("Route %s is the other way: %s.", other.Route, other.Note), Does: routeLimit(other.Route)})
		}
		return out
	}
	switch kind, where := s.protocol(); kind {
	case protoSAML, protoOIDC, protoWSFed:
		return []Finding{{Level: Good, Saw: fmt.Sprintf("Route sso: the app sends people to %s to sign in, by %s.", where, kind), Does: "Enter Referee there as the provider instead, with that one behind Referee." + cant}}
	case protoForm:
		return []Finding{{Level: Warning, Saw: "Route sso if the app takes a SAML or OpenID provider, else native: what is seen is a form for a password, on " + where + ".", Does: "Look in the app's settings for single sign-on, and close the form once it works: passwords must not be typed through the gateway. Without single sign-on nothing can be done in line." + cant}}
	}
	return []Finding{{Level: Warning, Saw: "Route sso if the app takes a SAML or OpenID provider, else native: how people sign in doesn't show without signing in.", Does: "Look in the app's settings for single sign-on." + cant}}
}

func routeLimit(r model.Route) string {
	if r == model.RouteNative {
		return "Nothing is done in line: the vendor's own limits are planned and checked."
	}
	return ""
}
