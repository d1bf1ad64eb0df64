package scim

import (
	"net/http"
	"strings"

	"github.com/referee-casb/referee/directory"
)

func toGroup(g directory.Group, r object) (directory.Group, error) {
	if text(r, "displayName") == "" {
		return g, refuse(http.StatusBadRequest, "invalidValue", "displayName is missing")
	}
	g.ExternalID, g.Name = text(r, "externalId"), text(r, "displayName")
	var err error
	g.Resource, err = stored(without(r, "members"), g.Resource) // they are kept by themselves
	return g, err
}

// group makes a group's resource, with its members unless they are left out.
func (c *call) group(g directory.Group, s shown) (object, error) {
	r, err := c.whole(groups, string(g.ID), g.Resource, g.Version, g.Created, g.Changed)
	if err != nil || s.leavesOut("members") {
		return r, err
	}
	in, err := c.parts.Store.Members(c.ctx, c.tenant, c.source, g.ID, "", 0)
	if err != nil {
		return nil, err
	}
	var all []any
	for _, m := range in {
		all = append(all, c.member(m))
	}
	put(r, Path{Attr: "members"}, all)
	return r, nil
}

func (c *call) member(m directory.Member) object {
	kind, endpoint := "User", "/Users/"
	if m.Nests {
		kind, endpoint = "Group", "/Groups/"
	}
	return object{"value": string(m.ID), "type": kind, "$ref": c.base + endpoint + string(m.ID)}
}

func (c *call) getGroup(id directory.ID) error {
	s, err := shownOf(c.r.URL.Query())
	if err != nil {
		return err
	}
	g, err := c.parts.Store.Group(c.ctx, c.tenant, c.source, id)
	if err != nil {
		return err
	}
	if err := c.precondition(g.Version); err != nil {
		return answered(err)
	}
	r, err := c.group(g, s)
	if err != nil {
		return err
	}
	c.answer(http.StatusOK, r, s)
	return nil
}

func (c *call) listGroups() error {
	a, err := c.ask(groups)
	if err != nil {
		return err
	}
	q := directory.Query{Source: c.source}
	filter := a.filter
	if v, ok := filter.equals("displayName"); ok {
		q.Name, filter = v, nil
	} else if v, ok := filter.equals("externalId"); ok {
		q.Extern, filter = v, nil
	} else if filter != nil {
		q.Limit = maxScan + 1
	} else if a.last() > 0 {
		q.Limit = a.last()
	}
	all, err := c.parts.Store.Groups(c.ctx, c.tenant, q)
	if err != nil {
		return err
	}
	if len(all) > maxScan && filter != nil {
		return refuse(http.StatusBadRequest, "tooMany", "the filter would look at too many groups; ask by displayName or externalId")
	}
	looks := shown{not: []Path{{Attr: "members"}}}
	if mentions(filter, "members") {
		looks = shown{}
	}
	var page []object
	total := 0
	for _, g := range all {
		if filter != nil {
			r, err := c.group(g, looks)
			if err != nil {
				return err
			}
			if !filter.Match(r) {
				continue
			}
		}
		if total++; total >= a.start && len(page) < a.count {
			r, err := c.group(g, a.shown)
			if err != nil {
				return err
			}
			page = append(page, a.shown.of(r))
		}
	}
	if a.filter == nil {
		if _, total, err = c.parts.Store.CountPeople(c.ctx, c.tenant, c.source); err != nil {
			return err
		}
	}
	send(c.w, http.StatusOK, listOf(page, total, a.start))
	return nil
}

func mentions(f *Filter, attr string) bool {
	if f == nil {
		return false
	}
	if strings.EqualFold(f.Path.Attr, attr) {
		return true
	}
	for _, t := range f.Terms {
		if mentions(t, attr) {
			return true
		}
	}
	return false
}

func (c *call) addGroup() error {
	r, err := c.resourceBody(groups)
	if err != nil {
		return err
	}
	now := c.parts.Now()
	g, err := toGroup(directory.Group{Source: c.source, ID: newID(), Created: now, Changed: now}, r)
	if err != nil {
		return err
	}
	in, err := c.members(g.ID, r["members"])
	if err != nil {
		return err
	}
	return c.storeGroup("add", http.StatusCreated, g, directory.Membership{Group: g.ID, All: true, Add: in})
}

// storeGroup writes a group with changes of its members, and answers with it.
func (c *call) storeGroup(action string, status int, g directory.Group, m directory.Membership) error {
	s, err := shownOf(c.r.URL.Query())
	if err != nil {
		return err
	}
	g.Changed = c.parts.Now()
	detail := map[string]any{"membersAdded": len(m.Add), "membersRemoved": len(m.Remove)}
	if err := c.record(action, "group", g.ID, g.Name, detail, nil, directory.Batch{Groups: []directory.Group{g}, Members: []directory.Membership{m}, Unique: true}); err != nil {
		return err
	}
	g.Version++
	if c.r.Method == http.MethodPatch && len(s.only) == 0 {
		// A client that changes one member of ten thousand does not want to hear of them all (RFC 7644 section 3.5.2).
		c.w.Header().Set("ETag", etag(g.Version))
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	r, err := c.group(g, s)
	if err != nil {
		return err
	}
	c.answer(status, r, s)
	return nil
}

func (c *call) putGroup(id directory.ID) error {
	r, err := c.resourceBody(groups)
	if err != nil {
		return err
	}
	return c.change(func() error {
		g, err := c.parts.Store.Group(c.ctx, c.tenant, c.source, id)
		if err != nil {
			return err
		}
		if err := c.precondition(g.Version); err != nil {
			return err
		}
		if g, err = toGroup(g, r); err != nil {
			return err
		}
		in, err := c.members(id, r["members"])
		if err != nil {
			return err
		}
		return c.storeGroup("replace", http.StatusOK, g, directory.Membership{Group: id, All: true, Add: in})
	})
}

func (c *call) patchGroup(id directory.ID) error {
	text, err := c.body()
	if err != nil {
		return err
	}
	ops, err := groups.operations(text)
	if err != nil {
		return err
	}
	return c.change(func() error {
		g, err := c.parts.Store.Group(c.ctx, c.tenant, c.source, id)
		if err != nil {
			return err
		}
		if err := c.precondition(g.Version); err != nil {
			return err
		}
		r, err := decode(g.Resource)
		if err != nil {
			return err
		}
		m := newMembership(c, id)
		var others []operation
		for i := range ops {
			if ops[i].path.Attr != "members" {
				others = append(others, ops[i])
			} else if err := m.patch(&ops[i]); err != nil {
				return err
			}
		}
		if err := applyAll(others, r); err != nil {
			return err
		}
		if g, err = toGroup(g, r); err != nil {
			return err
		}
		return c.storeGroup("update", http.StatusOK, g, m.change())
	})
}

func (c *call) deleteGroup(id directory.ID) error {
	g, err := c.parts.Store.Group(c.ctx, c.tenant, c.source, id)
	if err != nil {
		return err
	}
	if err := c.precondition(g.Version); err != nil {
		return err
	}
	if err := c.record("delete", "group", id, g.Name, nil, nil, directory.Batch{GoneGroups: []directory.ID{id}}); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
