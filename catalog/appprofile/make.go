package appprofile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Values are what parameters stand for.
type Values map[string]string

// value is a label, or labels with dots: what may stand in a host name.
var value = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

var placeholder = regexp.MustCompile(`\{([a-zA-Z]+)\}`)

// Make makes an instance for a customer: an id and a name of the app's, its hosts, and how it signs in where that is
// known. The caller completes and checks it. Requests are not part of it, since they follow the profile, nor are sign-in
// hosts: those are the instance's that others sign in through. missing are hosts that an optional value would give.
func (p *Profile) Make(values Values) (in catalog.Instance, missing []string, err error) {
	const op = "appprofile.Make"
	given := Values{}
	for name, v := range values {
		i := slices.IndexFunc(p.Params, func(q Param) bool { return q.Name == name })
		if i < 0 {
			return in, nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: name, Msg: "is no parameter of " + p.App, Help: "it takes " + p.paramNames()}
		}
		if v = strings.ToLower(strings.TrimSpace(v)); !value.MatchString(v) {
			return in, nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: name, Msg: "can't be part of a host name", Help: "such as " + p.Params[i].Example}
		}
		given[name] = v
	}
	for _, q := range p.Params {
		switch {
		case given[q.Name] != "":
		case q.Default != "":
			given[q.Name] = q.Default
		case !q.Optional:
			return in, nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: q.Name, Msg: "is needed: " + q.Title, Help: "write " + q.Name + "=" + q.Example}
		}
	}
	app, _ := catalog.AppByKey(p.App)
	in = catalog.Instance{ID: model.InstanceID(p.App), App: p.App, Name: app.Name, Route: p.Routes[0].Route, Evidence: p.Evidence}
	for _, h := range p.Hosts {
		name, ok := fill(h.Name, given)
		if !ok {
			missing = append(missing, h.Name)
		} else if h.Role != catalog.RoleSignIn && !slices.ContainsFunc(in.Hosts, func(have catalog.Host) bool { return have.Name == name }) {
			in.Hosts = append(in.Hosts, catalog.Host{Name: name, Role: h.Role, Dotted: h.Dotted})
		}
	}
	if p.SAML != nil && in.Route == model.RouteSSO {
		s := &catalog.SAMLApp{NameID: p.SAML.NameID}
		s.EntityID, _ = fill(p.SAML.EntityID, given)
		for _, c := range p.SAML.Consumers {
			if c, ok := fill(c, given); ok {
				s.Consumers = append(s.Consumers, c)
			}
		}
		in.Federation = catalog.Federation{Protocol: "saml", SAML: s}
	}
	return in, missing, nil
}

// fill puts values in; false when one is not there.
func fill(text string, given Values) (string, bool) {
	ok := true
	out := placeholder.ReplaceAllStringFunc(text, func(name string) string {
		v := given[name[1:len(name)-1]]
		ok = ok && v != ""
		return v
	})
	return out, ok
}

func (p *Profile) paramNames() string {
	if len(p.Params) == 0 {
		return "none"
	}
	var out []string
	for _, q := range p.Params {
		out = append(out, q.Name)
	}
	return strings.Join(out, ", ")
}

// ValuesOf reads values of parameters from a host that the profile names; those that it doesn't tell are missing.
func (p *Profile) ValuesOf(host string) Values {
	out := Values{}
	for _, h := range p.Hosts {
		m := h.pattern().FindStringSubmatch(host)
		if m == nil {
			continue
		}
		for i, name := range placeholder.FindAllStringSubmatch(h.Name, -1) {
			out[name[1]] = m[i+1]
		}
		break
	}
	return out
}
