package scim

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
)

// maxMembers that one request may name, in all its operations together.
const maxMembers = 10_000

// membership is what a request does to a group's members: its operations become one change, in their order.
type membership struct {
	*call
	group  directory.ID
	named  int // members that the request has named
	looked int // members that its filters have looked at

	all    bool // those who were members before are none any more
	add    map[directory.ID]directory.Member
	remove map[directory.ID]bool
	stored []directory.Member // read once, where a filter asks
	read   bool
}

func newMembership(c *call, group directory.ID) *membership {
	return &membership{call: c, group: group, add: map[directory.ID]directory.Member{}, remove: map[directory.ID]bool{}}
}

// members finds what the values of members mean, each once. Unknown ones are refused: a membership that is dropped
// without a word would be missed in a policy only.
func (c *call) members(group directory.ID, v any) ([]directory.Member, error) {
	m := newMembership(c, group)
	err := m.join(v)
	return m.change().Add, err
}

// name takes members that the request names out of its share.
func (m *membership) name(in []any) error {
	if m.named += len(in); m.named > maxMembers {
		return refuse(http.StatusRequestEntityTooLarge, "tooMany", "more than "+strconv.Itoa(maxMembers)+" members in one request")
	}
	return nil
}

func (m *membership) join(v any) error {
	in := list(v)
	if err := m.name(in); err != nil {
		return err
	}
	for _, e := range in {
		id := directory.ID(text(element(e), "value"))
		if _, twice := m.add[id]; twice {
			continue
		}
		nests, err := m.nests(id)
		if err != nil {
			return err
		}
		m.add[id] = directory.Member{Group: m.group, ID: id, Nests: nests}
		delete(m.remove, id)
	}
	return nil
}

// nests tells a group from a user.
func (m *membership) nests(id directory.ID) (bool, error) {
	u, err := m.parts.Store.User(m.ctx, m.tenant, m.source, id)
	if err == nil && u.Deleted.IsZero() {
		return false, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return false, err
	}
	_, err = m.parts.Store.Group(m.ctx, m.tenant, m.source, id)
	if fault.Is(err, fault.NotFound) {
		return false, refuse(http.StatusBadRequest, "invalidValue", "there is no user or group "+clip(string(id)))
	}
	return true, err
}

func (m *membership) leave(id directory.ID) {
	delete(m.add, id)
	if !m.all {
		m.remove[id] = true
	}
}

func (m *membership) empty() {
	m.all = true
	clear(m.add)
	clear(m.remove)
}

// patch does what an operation on members says. The members are not read for it, unless a filter has to choose among
// them.
func (m *membership) patch(o *operation) error {
	v, err := o.attr.normal(o.value)
	switch {
	case o.sub != nil:
		return refuse(http.StatusBadRequest, "mutability", "a member's "+o.sub.name+" can't be changed")
	case o.where != nil && o.op != "remove":
		return refuse(http.StatusBadRequest, "mutability", "a member can't be changed, only added and removed")
	case err != nil:
		return err
	case o.where != nil:
		return m.removeChosen(o.where)
	case o.op == "remove" && o.value != nil:
		in := list(v)
		if err := m.name(in); err != nil {
			return err
		}
		for _, e := range in {
			m.leave(directory.ID(text(element(e), "value")))
		}
		return nil
	case o.op == "remove":
		m.empty()
		return nil
	case o.op == "replace":
		m.empty()
	}
	return m.join(v)
}

// removeChosen removes the members that a filter chooses, as the operations before it left them.
func (m *membership) removeChosen(f *Filter) error {
	if id, ok := f.equals("value"); ok {
		if err := m.name([]any{id}); err != nil {
			return err
		}
		m.leave(directory.ID(id))
		return nil
	}
	if !m.read && !m.all {
		in, err := m.parts.Store.Members(m.ctx, m.tenant, m.source, m.group, "", 0)
		if err != nil {
			return err
		}
		m.stored, m.read = in, true
	}
	now := slices.Collect(maps.Values(m.add))
	if !m.all {
		for _, s := range m.stored {
			if _, again := m.add[s.ID]; !again && !m.remove[s.ID] {
				now = append(now, s)
			}
		}
	}
	// One filter may look at all of a large group; many may not.
	if m.looked > 0 && m.looked+len(now)*terms(f) > maxLooks {
		return refuse(http.StatusRequestEntityTooLarge, "tooMany", "the filters look at too many members; name them by value, or send fewer at once")
	}
	m.looked += len(now) * terms(f)
	for _, v := range now {
		if f.Match(m.member(v)) {
			m.leave(v.ID)
		}
	}
	return nil
}

// change is all of it as one.
func (m *membership) change() directory.Membership {
	out := directory.Membership{Group: m.group, All: m.all, Remove: slices.Sorted(maps.Keys(m.remove))}
	for _, id := range slices.Sorted(maps.Keys(m.add)) {
		out.Add = append(out.Add, m.add[id])
	}
	return out
}
