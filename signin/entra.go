package signin

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/wsfed"
	"github.com/referee-casb/referee/tenant"
)

// accountOf says which account of Entra a person is. Nobody gets a token who has none there, or whose account is of a
// domain that is not federated to this tenant: Entra would look it up in another's directory.
func (b *Broker) accountOf(ctx context.Context, t tenant.Tenant, s session.Session, inst catalog.Instance) (wsfed.Issue, error) {
	const op = "signin.account"
	if err := vouched(t, s); err != nil {
		return wsfed.Issue{}, err
	}
	_, domain, _ := strings.Cut(asciiLower(s.User.Username), "@")
	if !slices.Contains(inst.Federation.WSFed.Domains, domain) {
		return wsfed.Issue{}, &fault.Error{
			Kind: fault.Denied, Op: op, Msg: "your sign-in name is not of a domain that signs in to " + inst.Name + " here",
			Help: "Sign in with your work account. An administrator can see which domains are federated.",
		}
	}
	id, err := b.immutableID(ctx, s)
	if err != nil {
		return wsfed.Issue{}, err
	}
	if id == "" {
		return wsfed.Issue{}, &fault.Error{
			Kind: fault.Denied, Op: op, Msg: "your account is not linked to one in Microsoft 365",
			Help: "An administrator names the claim that holds the ImmutableID in the provider's settings, or connects the directory.",
		}
	}
	return wsfed.Issue{Issuer: IssuerURI(b.config.Origin, t.ID, domain), UPN: s.User.Username, ImmutableID: id}, nil
}

// vouched refuses people whose provider nobody has said to speak for their domain. Entra takes Referee's word for every
// account of a federated domain: where a tenant has several providers, each may name people of its own domains alone.
func vouched(t tenant.Tenant, s session.Session) error {
	_, domain, _ := strings.Cut(asciiLower(s.User.Username), "@")
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return p.ID == s.User.Provider })
	if len(t.Providers) < 2 && i >= 0 || i >= 0 && slices.ContainsFunc(t.Providers[i].Domains, func(d string) bool { return sameName(d, domain) }) {
		return nil
	}
	return &fault.Error{
		Kind: fault.Denied, Op: "signin.vouched", Key: string(s.User.Provider), Msg: "the service where you signed in does not speak for people of " + cmp.Or(domain, "no domain"),
		Help: "Sign in with your work account. An administrator names the domain among those of the provider (domains), which every provider needs here once there are several.",
	}
}

// routed reports whether a sign-in at an instance must go through the gateway: by its own decision, or since one of the
// apps that people sign in to through it may not be reached directly. Which of them this sign-in is for nobody says, so
// that the strictest counts; behind the gateway each is decided about where its hosts are. All are decided about by the same facts, those of this request.
// An app that is not routed for a bypass asks for nothing here, unless it keeps the person out: then stopped is the app that
// does, and d its decision, since nobody could tell them apart on the direct way. It is stopped too, bypass or not, where
// the decision about it lacks the device's proof that the person, who is there unless the request is silent, can give.
// open says that such a decision is what routes: it may come out otherwise.
func (b *Broker) routed(ctx context.Context, inst catalog.Instance, d *decision, silent bool) (routed, open bool, stopped *catalog.Instance, err error) {
	if d.Duties.Has(policy.DutyRoute) || inst.Route != model.RouteFederated {
		return d.Duties.Has(policy.DutyRoute), false, nil, nil
	}
	bypassed := ""
	for _, other := range b.parts.Catalog.Instances(d.as.Tenant) {
		if other.Federation.Through != inst.ID || other.Route != model.RouteFederated {
			continue
		}
		its := decision{as: d.as}
		if its.rested, err = b.parts.Gate.Evaluate(ctx, d.as, other, model.ClientBrowser, &its.Verdict); err != nil {
			// fail closed: without a decision nobody is let in
			return true, false, nil, fault.Wrap(err, "signin.routed", string(other.ID))
		}
		live, covered := b.covered(d.as.Tenant, other)
		keeps := its.Open() || its.Gate != policy.GateAllow
		switch {
		case keeps && covered, its.needsDevice() && !silent:
			*d = its
			return false, false, &other, nil
		case covered && its.Duties.Has(policy.DutyRoute):
			bypassed = live.ID
		case keeps || its.Duties.Has(policy.DutyRoute):
			return true, its.Open(), nil, nil
		}
	}
	if bypassed != "" {
		d.bypassed = bypassed
	}
	return false, false, nil, nil
}

// immutableID is what the provider claimed at sign-in, else what the directory knows; "" when neither does, when two of
// the directory's sources disagree, or when the provider does not speak for the person's domain. An entry counts that has
// the very name that the provider claimed: letters beyond ASCII that fold to others are no such name, and Entra takes them
// for somebody else.
func (b *Broker) immutableID(ctx context.Context, s session.Session) (string, error) {
	t, ok := b.parts.Tenants.Tenant(s.Tenant)
	if !ok || vouched(t, s) != nil {
		return "", nil
	}
	claimed := s.Auth.ImmutableID
	if s.Claims == nil || claimed != "" && len(t.Providers) < 2 {
		return claimed, nil
	}
	if claimed != "" { // fail closed: Entra finds accounts by this alone, and one of several providers may name another's
		owners, err := b.parts.Directory.Anchored(ctx, s.Tenant, claimed)
		if err != nil {
			return "", fault.As(err, fault.Unavailable, "signin.immutableID", string(s.User.ID))
		}
		for _, u := range owners {
			if !sameName(u.Username, s.Claims.User.Username) {
				return "", nil
			}
		}
	}
	p, err := b.parts.Directory.Resolve(ctx, s.Tenant, *s.Claims, nil)
	if err != nil {
		// fail closed: a token for nobody in particular is a token for somebody
		return "", fault.As(err, fault.Unavailable, "signin.immutableID", string(s.User.ID))
	}
	id := ""
	for _, u := range p.Entries {
		switch {
		case !wsfed.IsImmutableID(u.ImmutableID) || !sameName(u.Username, s.Claims.User.Username):
		case claimed != "" && claimed != u.ImmutableID:
			return "", nil // fail closed, as above
		case id != "" && id != u.ImmutableID:
			return "", nil
		default:
			id = u.ImmutableID
		}
	}
	return cmp.Or(claimed, id), nil
}

// sameName compares sign-in names and their domains as Entra does: case counts for nothing in ASCII, and other letters
// are what they are.
func sameName(a, b string) bool { return a != "" && asciiLower(a) == asciiLower(b) }

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// IssuerURI is the issuerUri by which a federated domain knows Referee. Entra wants one for each domain, all different.
func IssuerURI(origin string, id model.TenantID, domain string) string {
	return origin + "/" + string(id) + "/wsfed/" + strings.ToLower(domain)
}

// askSecondFactor adds that Entra wants a second factor, which its Conditional Access asks of the federated provider
// where the domain's federatedIdpMfaBehavior leaves it there. Nothing that our own policies ask for is taken away.
func (d *decision) askSecondFactor(a *model.Authentication, now time.Time) {
	mfa := model.StepUp{Kind: model.StepMFA}
	if d.Open() || d.Gate != policy.GateAllow || policy.Meets(a, mfa, now) {
		return
	}
	d.Gate, d.Steps = policy.GateStepUp, []model.StepUp{mfa}
}

// methodsOf are the methods of a sign-in in the words of Entra's claim authnmethodsreferences: whether there was more
// than one factor, which is what federatedIdpMfaBehavior goes by. What is not known is not claimed.
func methodsOf(a *model.Authentication, now time.Time) []string {
	if policy.Meets(a, model.StepUp{Kind: model.StepMFA}, now) {
		return []string{wsfed.MultipleAuthn}
	}
	return nil
}
