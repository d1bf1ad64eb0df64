package policy

import (
	"slices"
	"strconv"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Filter lowers the conditions to the filter language: one tree that decides, explains and indexes.
func (c *ConditionalAccess) Filter() *filter.Node {
	var all []*filter.Node
	part := func(include, exclude *filter.Node) {
		if include != nil {
			all = append(all, include)
		}
		if exclude != nil {
			all = append(all, filter.NotOf(exclude))
		}
	}
	part(c.Users.include(), c.Users.exclude())
	part(c.Applications.filter(), which(c.Applications.Exclude))
	part(oneOf(fieldUserRisk, c.UserRisk), nil)
	part(oneOf(fieldSignInRisk, c.SignInRisk), nil)
	part(c.Platforms.filter(), oneOf(fieldPlatform, c.Platforms.Exclude))
	l := &c.Locations
	part(where(l.Include, l.IncludeRanges, l.IncludeCountries, l.IncludeUnknown), where(l.Exclude, l.ExcludeRanges, l.ExcludeCountries, l.ExcludeUnknown))
	part(oneOf("clientApp", c.ClientApps), nil)
	switch device := c.Devices.filter(); c.Devices.Mode {
	case DevicesExclude:
		part(nil, device)
	case DevicesInclude:
		part(device, nil)
	case DevicesAll:
	}
	part(oneOf(fieldFlow, c.Flows), nil)
	return filter.AllOf(all...)
}

// oneOf asks for one of the values, nil when there are none.
func oneOf[T ~string](field string, values []T) *filter.Node {
	if len(values) == 0 {
		return nil
	}
	return filter.Cond(field, filter.Eq, texts(values)...)
}

func (u *Users) include() *filter.Node {
	return who(u.Include, u.IncludeGroups, u.IncludeRoles, u.IncludeGuests)
}

func (u *Users) exclude() *filter.Node {
	return who(u.Exclude, u.ExcludeGroups, u.ExcludeRoles, u.ExcludeGuests)
}

// filter asks for the guests. A list of every kind asks nothing of the kind.
func (g *GuestUsers) filter() *filter.Node {
	all := []*filter.Node{filter.Cond("user.external", filter.Eq, "true")}
	if kinds := oneOf(fieldGuestType, g.Types); kinds != nil && len(g.Types) < len(guestTypes) {
		all = append(all, kinds) // nil: a document with mistakes, which a lint looks at all the same
	}
	if len(g.Tenants) > 0 {
		all = append(all, oneOf(fieldHomeTenant, g.Tenants))
	}
	return filter.AllOf(all...)
}

// filter asks for the target. That user actions are asked for by themselves is the book's concern.
func (a *Applications) filter() *filter.Node {
	switch {
	case len(a.UserActions) > 0:
		return oneOf(fieldUserAction, a.UserActions)
	case len(a.Contexts) > 0:
		return oneOf(fieldContext, a.Contexts)
	}
	return which(a.Include)
}

func (p *Platforms) filter() *filter.Node {
	if slices.Contains(p.Include, PlatformAll) {
		return nil
	}
	return oneOf(fieldPlatform, p.Include)
}

func (d *Devices) filter() *filter.Node {
	if d.Rule != nil {
		return d.Rule.Filter()
	}
	return oneOf(fieldDeviceTags, d.Tags)
}

// either joins alternatives. None at all is nil for the caller to leave out.
func either(alternatives []*filter.Node) *filter.Node {
	switch len(alternatives) {
	case 0:
		return nil
	case 1:
		return alternatives[0]
	}
	return filter.AnyOf(alternatives...)
}

func who(names []string, groups []model.GroupID, roles []string, guests *GuestUsers) *filter.Node {
	var any []*filter.Node
	var plain []string
	for _, n := range names {
		switch n {
		case All:
			return filter.AllOf()
		case None:
			any = append(any, filter.NotOf(filter.AllOf()))
		case Guests:
			any = append(any, filter.Cond("user.external", filter.Eq, "true"))
		default:
			plain = append(plain, n)
		}
	}
	if len(plain) > 0 {
		any = append(any, filter.Cond(fieldUserID, filter.Eq, plain...), filter.Cond("user.username", filter.Eq, plain...))
	}
	if len(groups) > 0 {
		any = append(any, filter.Cond(fieldGroups, filter.Eq, texts(groups)...))
	}
	if len(roles) > 0 {
		any = append(any, filter.Cond("user.roles", filter.Eq, roles...))
	}
	if guests != nil {
		any = append(any, guests.filter())
	}
	return either(any)
}

func which(apps []string) *filter.Node {
	var any []*filter.Node
	var keys, ids []string
	for _, a := range apps {
		switch _, err := strconv.ParseInt(a, 10, 64); {
		case a == All:
			return filter.AllOf()
		case a == None:
			any = append(any, filter.NotOf(filter.AllOf()))
		case err == nil:
			ids = append(ids, a)
		default:
			keys = append(keys, a)
		}
	}
	if len(keys) > 0 {
		any = append(any, filter.Cond(fieldApp, filter.Eq, keys...))
	}
	if len(ids) > 0 {
		any = append(any, filter.Cond("service", filter.Eq, ids...))
	}
	return either(any)
}

func where(names, ranges, countries []string, unknown bool) *filter.Node {
	var any []*filter.Node
	var plain []string
	for _, n := range names {
		switch n {
		case All:
			return filter.AllOf()
		case AllTrusted:
			any = append(any, filter.Cond("ip.category", filter.Eq, "Corporate"))
		default:
			plain = append(plain, n)
		}
	}
	if len(plain) > 0 {
		any = append(any, filter.Cond("location.named", filter.Eq, plain...))
	}
	if len(ranges) > 0 {
		any = append(any, filter.Cond("ip.address", filter.Eq, ranges...))
	}
	if len(countries) > 0 {
		any = append(any, filter.Cond("location.country", filter.Eq, countries...))
	}
	if unknown {
		any = append(any, filter.Cond("location.country", filter.Isnotset))
	}
	return either(any)
}
