package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/wsfed"
	"github.com/referee-casb/referee/tenant"
)

// identity is who a provider's verified answer speaks of: claims of an ID token or attributes of an assertion, and
// how the person signed in.
type identity struct {
	claims map[string]any
	auth   model.Authentication
	bearer string // access token of the answer, for the provider's own API
}

// person reads the claims about the user from a verified answer. It refuses answers that a provider has no say in:
// subjects without a name, and people of a domain that belongs to another provider.
func (b *Broker) person(ctx context.Context, t tenant.Tenant, p tenant.Provider, who identity) (model.Claims, error) {
	const op = "signin.person"
	wrong := func(format string, args ...any) (model.Claims, error) {
		return model.Claims{}, fault.New(fault.Denied, op, format, args...)
	}
	preset, _ := tenant.PresetByID(p.Preset)
	text := func(path string) string { s, _ := claimAt(who.claims, path).(string); return s }
	subject := text(p.SubjectClaim)
	if subject == "" {
		return wrong("the answer names no subject (claim %q)", p.SubjectClaim)
	}
	u := model.User{ID: p.UserID(subject, t.Providers), Name: text(p.NameClaim), Email: text(p.EmailClaim), Username: text(p.UsernameClaim), Provider: p.ID}
	if verified, said := who.claims["email_verified"]; said && !truth(verified) {
		u.Email = "" // the provider itself does not vouch for it
	}
	if u.Username == "" {
		u.Username = u.Email
	}
	if preset.DomainClaim != "" && !p.Federated() && !slices.Contains(p.Domains, strings.ToLower(text(preset.DomainClaim))) {
		return wrong("claim %s is %.100q, which is none of the provider's domains", preset.DomainClaim, text(preset.DomainClaim))
	}
	for _, address := range []string{u.Username, u.Email} {
		if domainOf(address) != (model.User{Username: address}).Domain() {
			// What looks like an address of ours further on must have been looked at as one here.
			return wrong("%.100q is no e-mail address", address)
		}
		if owner, foreign := t.Foreign(&p, domainOf(address)); foreign {
			if owner == "" {
				return wrong("provider %q may not sign in people of %s: it is not one of its domains", p.ID, domainOf(address))
			}
			return wrong("provider %q may not sign in people of %s: that domain is provider %q's", p.ID, domainOf(address), owner)
		}
	}
	groups, err := b.groups(ctx, p, who)
	if err != nil {
		return model.Claims{}, err
	}
	u.Groups, u.Roles = groups, stringsOf(claimAt(who.claims, p.RolesClaim))
	if more := preset.Claims.DirectoryRoles; more != "" {
		u.Roles = append(u.Roles, stringsOf(claimAt(who.claims, more))...)
	}
	c := model.Claims{Subject: subject, ObjectID: p.ObjectIDs()}
	if guest := claimAt(who.claims, p.ExternalClaim); guest != nil {
		is := truth(guest)
		c.Guest = &is
	}
	u.GuestType, u.HomeTenant = guestAt(who.claims, p.GuestTypeClaim), text(p.HomeTenantClaim) // kept for those who are external
	c.User = u
	return c, nil
}

// withRisk adds the risk that the provider claims, and the anchor of the account in Entra.
func (who identity) withRisk(p tenant.Provider) identity {
	who.auth.SignInRisk, who.auth.UserRisk = riskAt(who.claims, p.SignInRiskClaim), riskAt(who.claims, p.UserRiskClaim)
	who.auth.ImmutableID = immutableAt(who.claims, p.ImmutableIDClaim)
	return who
}

// riskAt reads a risk level. A word that is none of the levels is no claim: the policy says what an unknown risk
// counts as.
func riskAt(claims map[string]any, path string) model.RiskLevel {
	s, _ := claimAt(claims, path).(string)
	switch level := model.RiskLevel(strings.ToLower(s)); level {
	case model.RiskNone, model.RiskLow, model.RiskMedium, model.RiskHigh:
		return level
	}
	return ""
}

// immutableAt reads the anchor of an account in Entra. What can't be one is no claim: then nobody signs in there.
func immutableAt(claims map[string]any, path string) string {
	list := stringsOf(claimAt(claims, path))
	if len(list) != 1 || !wsfed.IsImmutableID(list[0]) {
		return ""
	}
	return list[0]
}

// guestAt reads the kind of guest in the same way.
func guestAt(claims map[string]any, path string) model.GuestType {
	s, _ := claimAt(claims, path).(string)
	for _, g := range []model.GuestType{
		model.GuestInternal, model.GuestB2BCollaboration, model.GuestB2BMember,
		model.GuestB2BDirectConnect, model.GuestOtherExternal, model.GuestServiceProviderUser,
	} {
		if strings.EqualFold(s, string(g)) {
			return g
		}
	}
	return ""
}

// claimAt finds a claim by its name or, where there is none of that name, by a path of names with dots.
func claimAt(claims map[string]any, path string) any {
	if v, ok := claims[path]; ok || path == "" {
		return v
	}
	head, rest, more := strings.Cut(path, ".")
	inner, ok := claims[head].(map[string]any)
	if !more || !ok {
		return nil
	}
	return claimAt(inner, rest)
}

// truth reads a marker as providers write it: true, "true", 1, "1".
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case float64:
		return v == 1
	case string:
		return v == "1" || strings.EqualFold(v, "true")
	}
	return false
}

// stringsOf reads a claim that may be a string or a list of strings.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// groups reads the person's groups. Entra leaves them out when there are more than a token holds ("groups overage"):
// then Graph is asked, since policies that name groups would take their absence for not being a member.
func (b *Broker) groups(ctx context.Context, p tenant.Provider, who identity) ([]model.GroupID, error) {
	list := stringsOf(claimAt(who.claims, p.GroupsClaim))
	if len(list) == 0 && overage(who.claims, p.GroupsClaim) {
		var err error
		if list, err = b.graphGroups(ctx, p, who.bearer); err != nil {
			// fail closed: which rules hold for this person is not known
			return nil, &fault.Error{
				Kind: fault.KindOf(err), Op: "signin.groups", Msg: "your group memberships could not be read",
				Help: "Try again in a minute.", Err: err,
			}
		}
	}
	var out []model.GroupID
	for _, g := range list {
		out = append(out, model.GroupID(g))
	}
	return out, nil
}

// overage reports whether a token says that a claim was left out for its size: by a distributed claim (OpenID Connect
// Core section 5.6.2), or by Entra's hasgroups.
func overage(claims map[string]any, claim string) bool {
	names, _ := claims["_claim_names"].(map[string]any)
	return names[claim] != nil || truth(claims["hasgroups"])
}

const (
	maxGroups      = 10_000
	maxGraphAnswer = 4 << 20
	graphTime      = 10 * time.Second
)

// graphGroups asks Microsoft Graph for the ids of all groups that the bearer's person is a member of, through other
// groups too (directoryObject: getMemberObjects). The distributed claim's own address is not followed: it names a
// service that is gone, and a token must not say where it is sent.
func (b *Broker) graphGroups(ctx context.Context, p tenant.Provider, bearer string) ([]string, error) {
	const op = "signin.graph"
	if p.Graph == "" || bearer == "" {
		return nil, fault.New(fault.Denied, op, "the provider left out the groups (overage) and no Graph is set for it")
	}
	client, err := b.clientFor(p)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, graphTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Graph+"/me/getMemberObjects", bytes.NewReader([]byte(`{"securityEnabledOnly":false}`)))
	if err != nil {
		return nil, fault.As(err, fault.Internal, op, p.Graph)
	}
	q.Header.Set("Authorization", "Bearer "+bearer)
	q.Header.Set("Content-Type", "application/json")
	res, err := noRedirects(client).Do(q)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, p.Graph)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		kind := fault.Unavailable
		if res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusUnauthorized {
			kind = fault.Denied
		}
		return nil, &fault.Error{Kind: kind, Op: op, Key: p.Graph, Msg: "Graph answered " + res.Status, Help: "grant the app registration the delegated permission GroupMember.Read.All"}
	}
	var answer struct {
		Value []string `json:"value"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxGraphAnswer)).Decode(&answer); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, p.Graph)
	}
	if len(answer.Value) > maxGroups {
		return nil, fault.New(fault.Denied, op, "%d groups are more than %d", len(answer.Value), maxGroups)
	}
	return answer.Value, nil
}

// noRedirects is a client that takes a redirect for the answer: what is sent must not travel on.
func noRedirects(c *http.Client) *http.Client {
	out := *c
	out.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &out
}
