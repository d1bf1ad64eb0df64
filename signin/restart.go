package signin

import (
	"net/url"
	"path"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// ownPrefix is Referee's own part of every mapped host; no deep link leads there.
const ownPrefix = "/.referee/"

// restart is where a sign-in that began at the direct host begins again: at the deep link where the app named
// one, through the app's initiate-login address where it has one (OpenID Connect Core section 4), else at the
// root of the mapped host.
func (b *Broker) restart(t tenant.Tenant, inst catalog.Instance, req *authRequest, mappedRedirect string) (string, error) {
	deep := ""
	for _, candidate := range []string{asLink(req.Target), deepLink(req.State)} {
		if candidate == "" {
			continue
		}
		if real, _, ok := b.realURI(t.ID, candidate); ok {
			candidate = real
		}
		if candidate[0] == '/' {
			deep = resolve(mappedRedirect, candidate)
		} else if m, err := b.mappedURI(t.ID, inst, candidate); err == nil && !ownPath(m) {
			deep = m
		}
		if deep != "" && !samePath(deep, mappedRedirect) { // the callback itself is no page
			break
		}
		deep = ""
	}
	if inst.Federation.InitiateURI != "" {
		initiate, err := b.mappedURI(t.ID, inst, inst.Federation.InitiateURI)
		if err != nil {
			return "", err
		}
		u, err := url.Parse(initiate)
		if err != nil {
			return "", fault.Wrap(err, "signin.restart", initiate)
		}
		q := u.Query()
		q.Set("iss", b.issuerOf(t))
		if deep != "" {
			q.Set("target_link_uri", deep)
		}
		u.RawQuery = q.Encode()
		return u.String(), nil
	}
	if deep != "" {
		return deep, nil
	}
	return resolve(mappedRedirect, "/"), nil
}

func samePath(a, b string) bool {
	x, err := url.Parse(a)
	y, err2 := url.Parse(b)
	return err == nil && err2 == nil && x.Path == y.Path
}

// resolve puts a path onto a base's host; "" where it is not a path there, or one of Referee's own.
func resolve(base, link string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	ref, err := url.Parse(link)
	if err != nil || ref.Host != "" || ref.Scheme != "" {
		return ""
	}
	u.Path, u.RawPath, u.RawQuery, u.Fragment, u.RawFragment = ref.Path, ref.RawPath, ref.RawQuery, "", ""
	if out := u.String(); !ownPath(out) {
		return out
	}
	return ""
}

// ownPath reports whether a browser would take an address to Referee's own part of a host.
func ownPath(address string) bool {
	u, err := url.Parse(address)
	return err != nil || strings.HasPrefix(path.Clean("/"+strings.ReplaceAll(u.Path, "\\", "/"))+"/", ownPrefix)
}

// mappedURI moves an address of the instance to its mapped host. A host that is not the instance's own is an
// error: while session control applies, nothing may go to a direct host, and nothing to another app.
func (b *Broker) mappedURI(id model.TenantID, inst catalog.Instance, address string) (string, error) {
	const op = "signin.mappedURI"
	u, err := url.Parse(address)
	if err != nil {
		return "", fault.As(err, fault.Invalid, op, address)
	}
	mapped, ok := b.parts.Catalog.Mapped(id, strings.TrimSuffix(strings.ToLower(u.Host), ":443"))
	if ok {
		var owner catalog.Instance
		owner, ok = b.parts.Catalog.ByHost(id, mapped)
		ok = ok && owner.ID == inst.ID
	}
	if !ok {
		return "", &fault.Error{
			Kind: fault.Invalid, Op: op, Key: u.Host, Msg: "the app's address is on a host that its instance does not list",
			Help: "An administrator adds the host to instance " + string(inst.ID) + ".",
		}
	}
	u.Scheme, u.Host = "https", mapped
	return u.String(), nil
}

// realURI moves an address at a mapped host back to the real host; ok is false when it is at none. It returns the
// mapped host as well.
func (b *Broker) realURI(id model.TenantID, address string) (real, mapped string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", "", false
	}
	mapped = strings.ToLower(u.Host)
	if real, ok = b.parts.Catalog.Real(id, mapped); !ok {
		return "", "", false
	}
	u.Host = real
	return u.String(), mapped, true
}
