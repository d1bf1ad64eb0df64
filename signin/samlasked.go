package signin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// What an app's authentication request asks for beside a sign-in: how the person signed in (RequestedAuthnContext, SAML
// core 3.3.2.2.1) and who it is (Subject, 3.4.1). What can't be given is refused with the status that the standard names:
// an app that asked would take any other answer for the one that it asked for.

// contextPasswordPlain is the class of passwords without transport security; ours always have it.
const contextPasswordPlain = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"

// strengths orders the classes that are compared by minimum, better and maximum. The order of others is nobody's to know.
var strengths = map[string]int{
	saml.ContextUnspecified: 0, contextPasswordPlain: 1, saml.ContextPassword: 2, saml.ContextRefedsMFA: 3, saml.ContextEntraMFA: 3,
}

// secondFactors are the classes that a second factor meets, here or at the provider.
var secondFactors = []string{saml.ContextRefedsMFA, saml.ContextEntraMFA}

// stated is the class that the provider itself named.
func stated(a *model.Authentication) string {
	if strings.HasPrefix(a.ACR, "urn:") || strings.HasPrefix(a.ACR, "http") {
		return a.ACR
	}
	return saml.ContextUnspecified
}

// classesOf are the authentication context classes that a sign-in is of, the provider's own word first. What nobody said
// of it is not claimed.
func classesOf(a *model.Authentication, now time.Time) []string {
	var out []string
	if class := stated(a); class != saml.ContextUnspecified {
		out = append(out, class)
	}
	if policy.Meets(a, model.StepUp{Kind: model.StepMFA}, now) {
		out = append(out, secondFactors...)
	}
	if slices.Contains(a.AMR, "pwd") { // RFC 8176 section 2; the provider is reached over TLS
		out = append(out, saml.ContextPassword, contextPasswordPlain)
	}
	return append(out, saml.ContextUnspecified)
}

// classFor picks the class of the answer to a wish; ok is false where none meets it.
func classFor(classes, asked []string, by saml.Comparison) (string, bool) {
	meets := func(class string) bool {
		rank, known := strengths[class]
		at := func(f func(other int) bool) func(string) bool {
			return func(c string) bool { other, ok := strengths[c]; return known && ok && f(other) }
		}
		switch by {
		case saml.Minimum:
			return slices.Contains(asked, class) || slices.ContainsFunc(asked, at(func(other int) bool { return rank >= other }))
		case saml.Maximum:
			return slices.Contains(asked, class) || slices.ContainsFunc(asked, at(func(other int) bool { return rank <= other }))
		case saml.Better:
			return !slices.ContainsFunc(asked, func(c string) bool { return !at(func(other int) bool { return rank > other })(c) })
		}
		return slices.Contains(asked, class)
	}
	if by == saml.Exact || by == "" { // the app's order is one of preference
		for _, c := range asked {
			if slices.Contains(classes, c) {
				return c, true
			}
		}
		return "", false
	}
	for _, c := range classes {
		if meets(c) {
			return c, true
		}
	}
	return "", false
}

// classAsked is the class of the answer to a request; ok is false where the request's wish can't be met. An app may be
// set to have its wish passed over, and what Entra asks of its federated provider is answered by its own claims.
func classAsked(s *session.Session, inst catalog.Instance, request *saml.AuthnRequest, now time.Time) (string, bool) {
	if request == nil || len(request.Contexts) == 0 || inst.Federation.SAML.IgnoreContexts || inst.Route == model.RouteFederated {
		return stated(&s.Auth), true
	}
	return classFor(classesOf(&s.Auth, now), request.Contexts, request.Comparison)
}

// wantsSecondFactor reports whether a second factor would meet a request that the sign-in, as it is, does not.
func wantsSecondFactor(s *session.Session, inst catalog.Instance, request *saml.AuthnRequest, now time.Time) bool {
	if request == nil || len(request.Contexts) == 0 || inst.Federation.SAML.IgnoreContexts {
		return false
	}
	if inst.Route == model.RouteFederated {
		return slices.Contains(request.Contexts, saml.ContextEntraMFA)
	}
	classes := classesOf(&s.Auth, now)
	if _, met := classFor(classes, request.Contexts, request.Comparison); met {
		return false
	}
	_, would := classFor(append(slices.Clone(secondFactors), classes...), request.Contexts, request.Comparison)
	return would
}

// meantFor reports whether the session is of the person that a request names.
func (b *Broker) meantFor(ctx context.Context, s session.Session, inst catalog.Instance, request *saml.AuthnRequest) (bool, error) {
	if request == nil || request.Hint == nil {
		return true, nil
	}
	if request.Hint.Format == saml.FormatTransient { // it was made for one session
		list, err := b.parts.SignIns.AppSignInsAs(ctx, s.Tenant, inst.ID, request.Hint.Value)
		return slices.ContainsFunc(list, func(a AppSignIn) bool { return a.Session == s.ID }), fault.Wrap(err, "signin.meantFor", string(inst.ID))
	}
	name, err := b.nameOf(ctx, s, inst, request.NameIDFormat)
	if err != nil {
		return false, err
	}
	if request.Hint.Format == "" || request.Hint.Format == saml.FormatUnspecified {
		name.Format = request.Hint.Format // the app leaves open what kind of name it is
	}
	return request.Hint.Same(name), nil
}

// cantAnswer refuses what a request asks for and can't have, on record, and reports whether it did.
func (b *Broker) cantAnswer(w http.ResponseWriter, r *http.Request, t tenant.Tenant, idp *saml.IdentityProvider, s session.Session, inst catalog.Instance, request *saml.AuthnRequest) bool {
	const op = "signin.saml"
	meant, err := b.meantFor(r.Context(), s, inst, request)
	if err != nil {
		b.fail(w, r, t, err) // fail closed: the app may take one person for another
		return true
	}
	_, met := classAsked(&s, inst, request, b.parts.Now())
	switch {
	case !meant:
		b.recordFailure(r, t, fault.New(fault.Denied, op, "the app %s asks for %.200q, signed in is %q", inst.ID, request.Hint.Value, s.User.ID))
		b.samlSays(w, r, t, idp, request, saml.StatusUnknownPerson)
	case !met:
		b.recordFailure(r, t, fault.New(fault.Denied, op, "the app %s asks for a sign-in by %s %.300q (RequestedAuthnContext); that of %q is by %q; the app's setting ignoreContexts passes over it",
			inst.ID, request.Comparison, request.Contexts, s.User.ID, classesOf(&s.Auth, b.parts.Now())))
		b.samlSays(w, r, t, idp, request, saml.StatusNoContext)
	}
	return !meant || !met
}
