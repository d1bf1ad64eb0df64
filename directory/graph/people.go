package graph

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/msgraph"
	"github.com/referee-casb/referee/model"
)

// item is an object of a delta answer. Of one that has changed Graph tells the properties that did, and maybe others;
// those that are not there stay as they are. null is a property without a value.
type item map[string]json.RawMessage

func (i item) removed() bool { _, ok := i["@removed"]; return ok }

// set reads a property into to when it is there.
func set[T any](i item, name string, to *T) error {
	raw, ok := i[name]
	if !ok {
		return nil
	}
	var v *T
	if err := json.Unmarshal(raw, &v); err != nil {
		return &fault.Error{Kind: fault.Unavailable, Op: "graph.read", Key: name, Msg: "Graph told something else than was expected", Err: err}
	}
	var none T
	if *to = none; v != nil {
		*to = *v
	}
	return nil
}

func readItem(raw json.RawMessage) (item, directory.ID, error) {
	var i item
	var id string
	err := json.Unmarshal(raw, &i)
	if err == nil {
		err = set(i, "id", &id)
	}
	if err != nil || id == "" || len(id) > 100 {
		return nil, "", &fault.Error{Kind: fault.Unavailable, Op: "graph.read", Msg: "Graph told of an object without an id", Err: err}
	}
	return i, directory.ID(id), nil
}

// kept is what of a user is needed again when only a part changes.
type kept struct {
	UserType string `json:"userType,omitempty"`
	Creation string `json:"creationType,omitempty"`
}

// users reads a page of users.
func (r *Reader) users(ctx context.Context, p msgraph.Page) (directory.Batch, []directory.User, error) {
	var b directory.Batch
	var refused []directory.User
	now := r.Now()
	pending, was := map[directory.ID]directory.User{}, map[directory.ID]directory.User{}
	var order []directory.ID
	for _, raw := range p.Value {
		i, id, err := readItem(raw)
		if err != nil {
			return b, nil, err
		}
		u, ok := pending[id]
		if !ok {
			u, err = r.Store.User(ctx, r.Tenant, r.Source, id)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return b, nil, err
			}
			order, was[id] = append(order, id), u
		}
		if u.ID == "" || !u.Deleted.IsZero() { // new, or restored
			u = directory.User{ID: id, Created: now, Active: true}
		}
		u.Source, u.ExternalID, u.Changed = r.Source, string(id), now
		if i.removed() {
			u.Deleted = now
			pending[id] = u
			continue
		}
		if err := readUser(i, &u); err != nil {
			return b, nil, err
		}
		pending[id] = u
	}
	for _, id := range order {
		u := pending[id]
		if u.Deleted.IsZero() {
			b.Users = append(b.Users, u)
		} else {
			b.GoneUsers = append(b.GoneUsers, id)
		}
		if !u.MayStay() {
			refused = append(refused, u)
			if old := was[id]; old.Username != "" && old.Username != u.Username {
				refused = append(refused, old) // renamed and disabled at once
			}
		}
	}
	return b, refused, nil
}

func readUser(i item, u *directory.User) error {
	var k kept
	if len(u.Resource) > 0 {
		if err := json.Unmarshal(u.Resource, &k); err != nil {
			return err
		}
	}
	enabled := &u.Active
	for _, err := range []error{
		set(i, "userPrincipalName", &u.Username), set(i, "displayName", &u.Name), set(i, "mail", &u.Email), set(i, "accountEnabled", enabled),
		set(i, "userType", &k.UserType), set(i, "creationType", &k.Creation), set(i, "onPremisesImmutableId", &u.ImmutableID),
	} {
		if err != nil {
			return err
		}
	}
	u.Guest, u.GuestType = guest(k, u.Username)
	doc, err := json.Marshal(k)
	u.Resource = doc
	return err
}

// guest reads what kind of guest a user is, as Entra's Conditional Access tells them apart: invited people signed in
// elsewhere carry #EXT# in their name, whatever their type.
func guest(k kept, name string) (*bool, model.GuestType) {
	yes, no := true, false
	invited := strings.EqualFold(k.Creation, "Invitation") || strings.Contains(strings.ToUpper(name), "#EXT#")
	switch {
	case strings.EqualFold(k.UserType, "Guest") && invited, k.UserType == "" && invited:
		return &yes, model.GuestB2BCollaboration
	case strings.EqualFold(k.UserType, "Guest"):
		return &yes, model.GuestInternal
	case invited:
		return &yes, model.GuestB2BMember
	case strings.EqualFold(k.UserType, "Member"):
		return &no, ""
	}
	return nil, "" // accounts of before there were types: the domain decides
}

// member is one of members@delta, or of a list of members.
type member struct {
	Type    string          `json:"@odata.type"`
	ID      string          `json:"id"`
	Removed json.RawMessage `json:"@removed"`
}

// person tells users and groups from devices, contacts and applications, which sign in nowhere here.
func (m *member) person() (nests, ok bool) {
	switch strings.ToLower(m.Type) {
	case "#microsoft.graph.user":
		return false, true
	case "#microsoft.graph.group":
		return true, true
	}
	return false, false
}

// groups reads a page of groups. A large group comes in several pieces, on this page or the next ones, each with a part
// of its members.
func (r *Reader) groups(ctx context.Context, p msgraph.Page) (directory.Batch, error) {
	var b directory.Batch
	now := r.Now()
	pending := map[directory.ID]directory.Group{}
	var order []directory.ID
	for _, raw := range p.Value {
		i, id, err := readItem(raw)
		if err != nil {
			return b, err
		}
		if i.removed() {
			delete(pending, id)
			order = slices.DeleteFunc(order, func(o directory.ID) bool { return o == id })
			b.GoneGroups = append(b.GoneGroups, id)
			continue
		}
		g, ok := pending[id]
		if !ok {
			g, err = r.Store.Group(ctx, r.Tenant, r.Source, id)
			if fault.Is(err, fault.NotFound) {
				g, err = directory.Group{Source: r.Source, ID: id, Created: now}, nil
			}
			if err != nil {
				return b, err
			}
			order = append(order, id)
		}
		b.GoneGroups = slices.DeleteFunc(b.GoneGroups, func(o directory.ID) bool { return o == id })
		g.ExternalID, g.Changed = string(id), now
		var members []member
		if err := set(i, "displayName", &g.Name); err != nil {
			return b, err
		}
		if err := set(i, "members@delta", &members); err != nil {
			return b, err
		}
		pending[id] = g
		m := directory.Membership{Group: id}
		for _, v := range members {
			nests, ok := v.person()
			switch {
			case v.ID == "":
				return b, fault.New(fault.Unavailable, "graph.read", "Graph told of a member without an id")
			case v.Removed != nil:
				m.Remove = append(m.Remove, directory.ID(v.ID))
			case ok:
				m.Add = append(m.Add, directory.Member{ID: directory.ID(v.ID), Nests: nests})
			}
		}
		if len(m.Add)+len(m.Remove) > 0 {
			b.Members = append(b.Members, m)
		}
	}
	for _, id := range order {
		b.Groups = append(b.Groups, pending[id])
	}
	return b, nil
}

// roles reads the activated directory roles and their members, whole.
func (r *Reader) roles(ctx context.Context) (directory.Batch, error) {
	var b directory.Batch
	now := r.Now()
	seen := map[directory.ID]bool{}
	err := r.all(ctx, allRoles, func(raw json.RawMessage) error {
		i, id, err := readItem(raw)
		if err != nil {
			return err
		}
		g := directory.Group{Source: r.Source, ID: id, Role: true, Created: now, Changed: now}
		if old, err := r.Store.Group(ctx, r.Tenant, r.Source, id); err == nil {
			g.Created = old.Created
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := set(i, "displayName", &g.Name); err != nil {
			return err
		}
		if err := set(i, "roleTemplateId", &g.ExternalID); err != nil {
			return err
		}
		m := directory.Membership{Group: id, All: true}
		err = r.all(ctx, "/directoryRoles/"+url.PathEscape(string(id))+"/members?$select=id", func(raw json.RawMessage) error {
			var v member
			if err := json.Unmarshal(raw, &v); err != nil || v.ID == "" {
				return &fault.Error{Kind: fault.Unavailable, Op: "graph.read", Msg: "Graph told of a member without an id", Err: err}
			}
			if nests, ok := v.person(); ok {
				m.Add = append(m.Add, directory.Member{ID: directory.ID(v.ID), Nests: nests})
			}
			return nil
		})
		seen[id] = true
		b.Groups, b.Members = append(b.Groups, g), append(b.Members, m)
		return err
	})
	if err != nil {
		return b, err
	}
	have, err := r.Store.Groups(ctx, r.Tenant, directory.Query{Source: r.Source})
	for _, g := range have {
		if g.Role && !seen[g.ID] {
			b.GoneGroups = append(b.GoneGroups, g.ID)
		}
	}
	return b, err
}

// rolesAsTheyWere writes the roles that are stored once more, in the present generation.
func (r *Reader) rolesAsTheyWere(ctx context.Context) (directory.Batch, error) {
	var b directory.Batch
	have, err := r.Store.Groups(ctx, r.Tenant, directory.Query{Source: r.Source})
	for _, g := range have {
		if err != nil || !g.Role {
			continue
		}
		var in []directory.Member
		in, err = r.Store.Members(ctx, r.Tenant, r.Source, g.ID, "", 0)
		b.Groups, b.Members = append(b.Groups, g), append(b.Members, directory.Membership{Group: g.ID, All: true, Add: in})
	}
	return b, err
}

const maxPages = 1000

// all reads a list that is no delta query.
func (r *Reader) all(ctx context.Context, at string, each func(json.RawMessage) error) error {
	for range maxPages {
		p, err := r.Graph.Page(ctx, at)
		if err != nil {
			return err
		}
		for _, raw := range p.Value {
			if err := each(raw); err != nil {
				return err
			}
		}
		if p.Next == "" {
			return nil
		}
		at = p.Next
	}
	return fault.New(fault.Limited, "graph.read", "a list of Graph has more than %d pages", maxPages)
}
