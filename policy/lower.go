package policy

import (
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
	part(who(c.Users.Include, c.Users.IncludeGroups), who(c.Users.Exclude, c.Users.ExcludeGroups))
	part(which(c.Applications.Include), which(c.Applications.Exclude))
	l := &c.Locations
	if len(l.Include)+len(l.IncludeRanges)+len(l.IncludeCountries) > 0 {
		part(where(l.Include, l.IncludeRanges, l.IncludeCountries), nil)
	}
	part(nil, where(l.Exclude, l.ExcludeRanges, l.ExcludeCountries))
	if len(c.ClientApps) > 0 {
		all = append(all, filter.Cond("clientApp", filter.Eq, texts(c.ClientApps)...))
	}
	if len(c.Devices.Tags) > 0 {
		cond := filter.Cond(fieldDeviceTags, filter.Eq, texts(c.Devices.Tags)...)
		if c.Devices.Mode == DevicesExclude {
			cond = filter.NotOf(cond)
		}
		all = append(all, cond)
	}
	return filter.AllOf(all...)
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

func who(names []string, groups []model.GroupID) *filter.Node {
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

func where(names, ranges, countries []string) *filter.Node {
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
	return either(any)
}
