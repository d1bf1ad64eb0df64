package api

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

type (
	personRow struct {
		Source     directory.SourceID `json:"source"`
		ID         directory.ID       `json:"id"`
		ExternalID string             `json:"externalId,omitempty" doc:"The provider's own name for the person."`
		Username   string             `json:"username,omitempty"`
		Name       string             `json:"name,omitempty"`
		Email      string             `json:"email,omitempty"`
		State      string             `json:"state" enum:"active,disabled,deleted"`
		Guest      *bool              `json:"guest,omitempty" doc:"What the source says; absent where it says nothing and the domain decides."`
		GuestType  model.GuestType    `json:"guestType,omitempty"`
		Roles      []string           `json:"roles,omitempty"`
		Created    time.Time          `json:"created" doc:"When the source first told of the person."`
		Changed    time.Time          `json:"changed" doc:"When it last told of a change."`
		Deleted    time.Time          `json:"deleted,omitzero"`
	}
	personAnswer struct {
		Body struct {
			User    model.User       `json:"user" doc:"Who the person would be at a sign-in whose claims say nothing."`
			Refused string           `json:"refused,omitempty" doc:"Why the person may not sign in; absent when they may."`
			Entries []personRow      `json:"entries" doc:"What each source says."`
			Facts   []directory.Fact `json:"facts" doc:"What policies see, with who said it and when."`
		}
	}
	DirectoryGroupRow struct {
		Source     directory.SourceID `json:"source"`
		ID         directory.ID       `json:"id"`
		ExternalID string             `json:"externalId,omitempty"`
		Name       string             `json:"name,omitempty"`
		Role       bool               `json:"role,omitempty" doc:"A directory role."`
		Names      []string           `json:"names" doc:"What policies may call it."`
		Created    time.Time          `json:"created"`
		Changed    time.Time          `json:"changed"`
	}
	memberRow struct {
		ID    directory.ID `json:"id"`
		Group bool         `json:"group,omitempty" doc:"The member is a group."`
		Name  string       `json:"name,omitempty" doc:"Sign-in name of a user, name of a group."`
	}
	groupAnswer struct {
		Body struct {
			DirectoryGroupRow
			Members []memberRow         `json:"members" doc:"Direct ones, at most 1000."`
			More    bool                `json:"more,omitempty" doc:"There are more members."`
			In      []DirectoryGroupRow `json:"in" doc:"Groups that this one is in, through others too."`
		}
	}
	InPeople struct {
		InTenant
		Paging
		Source string `query:"source" maxLength:"40" doc:"Only this source's."`
		Match  string `query:"match" maxLength:"200" doc:"Contained in a name, sign-in name, address or external id."`
	}
)

func toPersonRow(u directory.User) personRow {
	row := personRow{u.Source, u.ID, u.ExternalID, u.Username, u.Name, u.Email, "active", u.Guest, u.GuestType, u.Roles, u.Created, u.Changed, u.Deleted}
	switch {
	case !u.Deleted.IsZero():
		row.State = "deleted"
	case !u.Active:
		row.State = "disabled"
	}
	return row
}

func toGroupRow(g directory.Group, kinds map[directory.SourceID]directory.Kind) DirectoryGroupRow {
	return DirectoryGroupRow{g.Source, g.ID, g.ExternalID, g.Name, g.Role, g.Names(kinds[g.Source]), g.Created, g.Changed}
}

func (a *API) sourceKinds(ctx context.Context, t model.TenantID) (map[directory.SourceID]directory.Kind, error) {
	all, err := a.People.Sources(ctx, t)
	out := map[directory.SourceID]directory.Kind{}
	for _, s := range all {
		out[s.ID] = s.Kind
	}
	return out, err
}

// pageFrom makes the store's query of a page, with one row more than asked for: whether there is a next page.
func (in *InPeople) pageFrom() (directory.Query, error) {
	after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	if err != nil {
		return directory.Query{}, fault.New(fault.Invalid, "api.page", "this is not a cursor of this list")
	}
	return directory.Query{Source: directory.SourceID(in.Source), Match: in.Match, After: string(after), Limit: in.Limit + 1}, nil
}

// pageTo cuts the row too many off.
func pageTo[T any](rows []T, limit int, key func(T) string) *list[T] {
	out := &list[T]{}
	if len(rows) > limit {
		rows = rows[:limit]
		out.Body.Next = base64.RawURLEncoding.EncodeToString([]byte(key(rows[limit-1])))
	}
	out.Body.Items = append([]T{}, rows...)
	return out
}

func (a *API) listPeople(ctx context.Context, c *caller, in *struct {
	InPeople
	Deleted bool `query:"deleted" doc:"Also those that were deleted."`
},
) (*list[personRow], error) {
	q, err := in.pageFrom()
	if err != nil {
		return nil, err
	}
	q.Deleted = in.Deleted
	all, err := a.People.Users(ctx, c.Tenant, q)
	if err != nil {
		return nil, err
	}
	rows := make([]personRow, len(all))
	for i, u := range all {
		rows[i] = toPersonRow(u)
	}
	return pageTo(rows, in.Limit, func(r personRow) string { return directory.Key(r.Source, r.ID) }), nil
}

func (a *API) getPerson(ctx context.Context, c *caller, in *struct {
	InTenant
	User string `path:"user" maxLength:"500" doc:"Sign-in name, external id or id."`
},
) (*personAnswer, error) {
	p, err := a.personOf(ctx, c.Tenant, in.User)
	if err != nil {
		return nil, err
	}
	out := &personAnswer{}
	out.Body.User, out.Body.Refused, out.Body.Facts, out.Body.Entries = p.User, p.Refused, p.Facts, []personRow{}
	for _, u := range p.Entries {
		out.Body.Entries = append(out.Body.Entries, toPersonRow(u))
	}
	return out, nil
}

// personOf finds somebody in the directory.
func (a *API) personOf(ctx context.Context, id model.TenantID, name string) (directory.Person, error) {
	t, err := a.Tenants.Tenant(ctx, id)
	if err != nil {
		return directory.Person{}, err
	}
	return directory.NewPeople(a.People, a.People).Of(ctx, id, name, t.Domains)
}

func (a *API) listDirectoryGroups(ctx context.Context, c *caller, in *InPeople) (*list[DirectoryGroupRow], error) {
	q, err := in.pageFrom()
	if err != nil {
		return nil, err
	}
	kinds, err := a.sourceKinds(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	all, err := a.People.Groups(ctx, c.Tenant, q)
	if err != nil {
		return nil, err
	}
	rows := make([]DirectoryGroupRow, len(all))
	for i, g := range all {
		rows[i] = toGroupRow(g, kinds)
	}
	return pageTo(rows, in.Limit, func(r DirectoryGroupRow) string { return directory.Key(r.Source, r.ID) }), nil
}

const maxMembersShown = 1000

func (a *API) getDirectoryGroup(ctx context.Context, c *caller, in *struct {
	InTenant
	Group  string `path:"group" maxLength:"500" doc:"Id, external id or name."`
	Source string `query:"source" maxLength:"40" doc:"Only in this source."`
},
) (*groupAnswer, error) {
	kinds, err := a.sourceKinds(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	g, err := a.findGroup(ctx, c.Tenant, kinds, in.Source, in.Group)
	if err != nil {
		return nil, err
	}
	members, err := a.People.Members(ctx, c.Tenant, g.Source, g.ID, "", maxMembersShown+1)
	if err != nil {
		return nil, err
	}
	above, err := a.People.GroupsOf(ctx, c.Tenant, g.Source, g.ID)
	if err != nil {
		return nil, err
	}
	out := &groupAnswer{}
	out.Body.DirectoryGroupRow, out.Body.Members, out.Body.In = toGroupRow(g, kinds), []memberRow{}, []DirectoryGroupRow{}
	out.Body.More = len(members) > maxMembersShown
	for _, m := range members[:min(len(members), maxMembersShown)] {
		row := memberRow{ID: m.ID, Group: m.Nests}
		if m.Nests {
			if n, err := a.People.Group(ctx, c.Tenant, g.Source, m.ID); err == nil {
				row.Name = n.Name
			}
		} else if u, err := a.People.User(ctx, c.Tenant, g.Source, m.ID); err == nil {
			row.Name = u.Username
		}
		out.Body.Members = append(out.Body.Members, row)
	}
	for _, n := range above {
		out.Body.In = append(out.Body.In, toGroupRow(n, kinds))
	}
	return out, nil
}

// findGroup finds one group. A name that several have is refused, with their ids.
func (a *API) findGroup(ctx context.Context, t model.TenantID, kinds map[directory.SourceID]directory.Kind, source, name string) (directory.Group, error) {
	const op = "api.findGroup"
	var found []directory.Group
	for id := range kinds {
		if source != "" && id != directory.SourceID(source) {
			continue
		}
		g, err := a.People.Group(ctx, t, id, directory.ID(name))
		if err == nil {
			return g, nil
		}
		if !fault.Is(err, fault.NotFound) {
			return g, err
		}
	}
	for _, q := range []directory.Query{{Extern: name}, {Name: name}} {
		q.Source, q.Limit = directory.SourceID(source), 5
		more, err := a.People.Groups(ctx, t, q)
		if err != nil {
			return directory.Group{}, err
		}
		if found = more; len(found) > 0 {
			break
		}
	}
	switch len(found) {
	case 0:
		return directory.Group{}, &fault.Error{Kind: fault.NotFound, Op: op, Key: name, Msg: "is no group of a directory", Help: `"referee directory group list" shows them`}
	case 1:
		return found[0], nil
	}
	ids := ""
	for _, g := range found {
		ids += " " + string(g.Source) + "/" + string(g.ID)
	}
	return directory.Group{}, &fault.Error{Kind: fault.Conflict, Op: op, Key: name, Msg: "several groups have this name:" + ids, Help: "give the id"}
}
