package directory

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// People tells who somebody is. It reads the stores at each question: what was committed before it counts.
type People struct {
	store   Store
	sources SourceStore
}

// NewPeople returns a People over stores.
func NewPeople(store Store, sources SourceStore) *People {
	return &People{store: store, sources: sources}
}

// Fact is one thing that is known of a person, with who said it and when.
type Fact struct {
	Kind   string    `json:"kind" enum:"group,role,guest,guestType,disabled,deleted"`
	Value  string    `json:"value"`          // as policies write it
	Name   string    `json:"name,omitempty"` // for people, where it differs
	Source string    `json:"source"`         // id of a directory source, or "sign-in" for the provider's claims
	At     time.Time `json:"at,omitzero"`    // when the source was last heard of this, or read as a whole
}

// FromSignIn is the source of facts that the provider's claims told.
const FromSignIn = "sign-in"

// Person is who somebody is, by the provider and by every source of the tenant.
type Person struct {
	User    model.User `json:"user"`
	Refused string     `json:"refused,omitempty"` // why the person may not sign in; "" when they may
	Entries []User     `json:"entries,omitempty"` // of the directory, at most one a source
	Facts   []Fact     `json:"facts"`
}

// Resolve merges what a provider claimed with what the tenant's sources say. domains are the tenant's managed ones.
//
// Groups and roles add up. About being a guest an explicit word counts before the domain, and "guest" before "member".
// Name and address are the provider's where it sent them. A person whom any source holds as disabled or deleted is
// refused. An error means that none of this is known.
func (p *People) Resolve(ctx context.Context, tenant model.TenantID, c model.Claims, domains []string) (Person, error) {
	const op = "directory.Resolve"
	out := claimed(&c)
	sources, err := p.sources.Sources(ctx, tenant)
	if err != nil {
		return Person{}, fault.Wrap(err, op, string(tenant))
	}
	if len(sources) > 0 {
		found, err := p.found(ctx, tenant, &c)
		if err != nil {
			return Person{}, fault.Wrap(err, op, string(tenant))
		}
		for _, s := range sources {
			if u, ok := pick(s, found, &c); ok {
				if err := p.add(ctx, tenant, s, u, &out); err != nil {
					return Person{}, fault.Wrap(err, op, string(tenant))
				}
			}
		}
	}
	out.guest(&c, domains)
	return out, nil
}

// found reads every entry that may be the person's.
func (p *People) found(ctx context.Context, tenant model.TenantID, c *model.Claims) ([]User, error) {
	found, err := p.store.Named(ctx, tenant, c.Subject, Fold(c.User.Username))
	if err != nil {
		return nil, err
	}
	for _, k := range c.Known {
		u, err := p.store.User(ctx, tenant, SourceID(k.Source), ID(k.ID))
		if fault.Is(err, fault.NotFound) {
			continue // it went with its source
		}
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(found, u.is) {
			found = append(found, u)
		}
	}
	return found, nil
}

// Alone is who somebody is by the claims alone, where there is no directory.
func Alone(c model.Claims, domains []string) Person {
	out := claimed(&c)
	out.guest(&c, domains)
	return out
}

func claimed(c *model.Claims) Person {
	out := Person{User: c.User, Facts: []Fact{}}
	for _, g := range c.User.Groups {
		out.Facts = append(out.Facts, Fact{Kind: "group", Value: string(g), Source: FromSignIn})
	}
	for _, r := range c.User.Roles {
		out.Facts = append(out.Facts, Fact{Kind: "role", Value: r, Source: FromSignIn})
	}
	out.User.Groups, out.User.Roles = slices.Clone(c.User.Groups), slices.Clone(c.User.Roles)
	return out
}

// Anchored finds live users of every source, whatever provider it goes with, by what their account in Entra is anchored
// by.
func (p *People) Anchored(ctx context.Context, tenant model.TenantID, immutableID string) ([]User, error) {
	return p.store.Anchored(ctx, tenant, immutableID)
}

// Means reports whether a source's user, as given, is the person of the claims. One that was taken back is not, where
// another one has the name by now.
func (p *People) Means(ctx context.Context, tenant model.TenantID, u User, c model.Claims) (bool, error) {
	const op = "directory.Means"
	if u.ExternalID != c.Subject && Fold(u.Username) != Fold(c.User.Username) && !known(&c, &u) {
		return false, nil
	}
	s, err := p.sources.Source(ctx, tenant, u.Source)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fault.Wrap(err, op, string(u.Source))
	}
	if _, may := pick(s, []User{u}, &c); !may {
		return false, nil
	}
	others, err := p.found(ctx, tenant, &c)
	if err != nil {
		return false, fault.Wrap(err, op, string(u.Source))
	}
	best, _ := pick(s, append([]User{u}, slices.DeleteFunc(others, u.is)...), &c)
	return best.is(u), nil
}

// is reports whether two are the same entry, at whatever time.
func (u *User) is(o User) bool { return u.Source == o.Source && u.ID == o.ID }

func known(c *model.Claims, u *User) bool {
	return slices.Contains(c.Known, model.Entry{Source: string(u.Source), ID: string(u.ID)})
}

// guid is how object ids look.
var guid = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// ids reports whether the source's ids are the subjects of the provider that its people sign in at. Graph tells object
// ids, which are the subjects of Entra and of nobody else; a SCIM client is told to send the subjects.
func (s *Source) ids(c *model.Claims) bool {
	return s.Provider != "" && (s.Kind != KindGraph || c.ObjectID)
}

// pick finds the person in a source. The provider's own name for the person decides before the entry that the person was
// recognised as at sign-in, and that before the sign-in name, which is given to somebody else one day; of two entries
// with the same, the one that is there decides before one that was taken back.
func pick(s Source, all []User, c *model.Claims) (User, bool) {
	if s.Provider != "" && s.Provider != c.User.Provider {
		return User{}, false
	}
	best, rank := User{}, 0
	for _, u := range all {
		if u.Source != s.ID {
			continue
		}
		r := 0
		switch {
		case s.Provider != "" && c.Subject != "" && u.ExternalID == c.Subject:
			r = 3
		case s.ids(c) && guid.MatchString(u.ExternalID) && guid.MatchString(c.Subject):
			continue // ids of the same people, and they differ: another person, who has or had the same name
		case known(c, &u):
			r = 2
		case c.User.Username == "" || Fold(u.Username) != Fold(c.User.Username):
			continue
		default:
			r = 1
		}
		if r *= 2; u.Deleted.IsZero() {
			r++
		}
		if r > rank {
			best, rank = u, r
		}
	}
	return best, rank > 0
}

func (p *People) add(ctx context.Context, tenant model.TenantID, s Source, u User, out *Person) error {
	out.Entries = append(out.Entries, u)
	at := u.Changed
	if s.Sync.Finished.After(at) {
		at = s.Sync.Finished
	}
	fact := func(kind, value, name string, at time.Time) {
		out.Facts = append(out.Facts, Fact{Kind: kind, Value: value, Name: name, Source: string(s.ID), At: at})
	}
	if !u.MayStay() && out.Refused == "" {
		out.Refused = "the account is disabled in the directory " + string(s.ID)
		if !u.Deleted.IsZero() {
			out.Refused = "the account was deleted in the directory " + string(s.ID)
		}
	}
	switch {
	case !u.Deleted.IsZero():
		fact("deleted", "true", "", u.Deleted)
		return nil
	case !u.Active:
		fact("disabled", "true", "", at)
	}
	groups, err := p.store.GroupsOf(ctx, tenant, s.ID, u.ID)
	if err != nil {
		return err
	}
	user := &out.User
	for _, g := range groups {
		since := g.Changed
		if s.Sync.Finished.After(since) {
			since = s.Sync.Finished
		}
		for _, name := range g.Names(s.Kind) {
			if g.Role {
				user.Roles = with(user.Roles, name)
				fact("role", name, g.Name, since)
			} else {
				user.Groups = with(user.Groups, model.GroupID(name))
				fact("group", name, g.Name, since)
			}
		}
	}
	for _, r := range u.Roles {
		user.Roles = with(user.Roles, r)
		fact("role", r, "", at)
	}
	if u.Guest != nil {
		fact("guest", map[bool]string{true: "true", false: "false"}[*u.Guest], "", at)
	}
	if u.GuestType != "" {
		fact("guestType", string(u.GuestType), "", at)
	}
	user.Name, user.Email, user.Username = cmp.Or(user.Name, u.Name), cmp.Or(user.Email, u.Email), cmp.Or(user.Username, u.Username)
	return nil
}

func with[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// guest decides whether the person is external.
func (p *Person) guest(c *model.Claims, domains []string) {
	u := &p.User
	said, is := c.Guest != nil, c.Guest != nil && *c.Guest
	for _, e := range p.Entries {
		if e.Guest != nil && e.Deleted.IsZero() {
			said, is = true, is || *e.Guest
		}
		if e.GuestType != "" && u.GuestType == "" {
			u.GuestType = e.GuestType
		}
	}
	u.External = is
	if !said {
		u.External = len(domains) > 0 && !slices.ContainsFunc(domains, func(d string) bool { return strings.EqualFold(d, u.Domain()) })
	}
	if !u.External {
		u.GuestType, u.HomeTenant = "", ""
	}
}

// Of reads a person out of the directory alone, by id, external id or sign-in name: who they would be at a sign-in.
// NotFound when no source knows them.
func (p *People) Of(ctx context.Context, tenant model.TenantID, name string, domains []string) (Person, error) {
	const op = "directory.Of"
	found, err := p.store.Named(ctx, tenant, name, Fold(name))
	if err != nil {
		return Person{}, fault.Wrap(err, op, name)
	}
	sources, err := p.sources.Sources(ctx, tenant)
	if err != nil {
		return Person{}, fault.Wrap(err, op, name)
	}
	for _, s := range sources {
		if u, err := p.store.User(ctx, tenant, s.ID, ID(name)); err == nil {
			found = append(found, u)
		} else if !fault.Is(err, fault.NotFound) {
			return Person{}, fault.Wrap(err, op, name)
		}
	}
	if len(found) == 0 {
		return Person{}, &fault.Error{Kind: fault.NotFound, Op: op, Key: name, Msg: "is in no directory", Help: `"referee directory user list" shows who is`}
	}
	// Those that are there speak first.
	slices.SortStableFunc(found, func(a, b User) int { return a.Deleted.Compare(b.Deleted) })
	u := found[0]
	c := model.Claims{Subject: u.ExternalID, ObjectID: true, User: model.User{ID: model.UserID(cmp.Or(u.ExternalID, string(u.ID))), Name: u.Name, Username: u.Username, Email: u.Email}}
	for _, s := range sources {
		if s.ID == u.Source {
			c.User.Provider = s.Provider
		}
	}
	out, err := p.Resolve(ctx, tenant, c, domains)
	if err != nil || slices.ContainsFunc(out.Entries, func(e User) bool { return e.Source == u.Source && e.ID == u.ID }) {
		return out, err
	}
	return Person{}, fault.New(fault.NotFound, op, "%s is another person's sign-in name by now", name)
}
