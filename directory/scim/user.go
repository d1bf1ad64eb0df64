package scim

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/model"
)

// newID makes the id of a resource: a random UUID (RFC 9562 section 5.4), as clients expect one to look.
func newID() directory.ID {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return directory.ID(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}

func text(r object, path ...string) string {
	var v any = r
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	s, _ := v.(string)
	return s
}

// toUser reads a resource in the schema's form. What identifies u and when it was made stays.
func toUser(u directory.User, r object) (directory.User, error) {
	if text(r, "userName") == "" {
		return u, refuse(http.StatusBadRequest, "invalidValue", "userName is missing")
	}
	u.ExternalID, u.Username = text(r, "externalId"), text(r, "userName")
	u.Name = cmp.Or(text(r, "displayName"), text(r, "name", "formatted"), strings.TrimSpace(text(r, "name", "givenName")+" "+text(r, "name", "familyName")))
	if active, said := r["active"].(bool); said {
		u.Active = active // what a client leaves out stays: nobody comes back in by it
	}
	u.Email, u.Roles, u.Guest, u.GuestType = "", nil, nil, ""
	rank := 0
	for _, e := range list(r["emails"]) {
		v := element(e)
		n := 1
		if strings.EqualFold(text(v, "type"), "work") {
			n = 2
		}
		if v["primary"] == true {
			n = 3
		}
		if address := text(v, "value"); address != "" && n > rank {
			u.Email, rank = address, n
		}
	}
	for _, e := range list(r["roles"]) {
		if role := text(element(e), "value"); role != "" {
			u.Roles = append(u.Roles, role)
		}
	}
	u.Guest, u.GuestType = guest(text(r, "userType"))
	var err error
	u.Resource, err = stored(r, u.Resource)
	return u, err
}

// stored is a resource as it is kept. One that was larger before there was a bound may change as long as it does not grow,
// and whoever it describes can be disabled.
func stored(r object, was json.RawMessage) (json.RawMessage, error) {
	doc, err := json.Marshal(r)
	if err == nil && len(doc) > maxResource && !fits(r, was) {
		if off, is := r["active"].(bool); is && !off && len(was) > 0 { // what else was to change is left out
			old, err := decode(was)
			if err != nil {
				return nil, err
			}
			old["active"] = false
			return json.Marshal(old)
		}
		err = refuse(http.StatusRequestEntityTooLarge, "tooMany", "the resource would have more than "+strconv.Itoa(maxResource)+" bytes")
	}
	return doc, err
}

// fits reports whether a resource is no larger than it was, whatever it says of being active.
func fits(r object, was json.RawMessage) bool {
	if len(was) == 0 {
		return false
	}
	old, err := decode(was)
	return err == nil && len(key(without(r, "active"))) <= len(key(without(old, "active")))
}

// guest reads userType: Entra's Member and Guest, or a kind of guest in Microsoft Graph's words. Other words, such as
// Employee or Contractor, say nothing about it.
func guest(kind string) (*bool, model.GuestType) {
	yes, no := true, false
	switch strings.ToLower(kind) {
	case "member", "internal":
		return &no, ""
	case "guest", "external":
		return &yes, ""
	}
	for _, g := range []model.GuestType{
		model.GuestInternal, model.GuestB2BCollaboration, model.GuestB2BMember, model.GuestB2BDirectConnect, model.GuestOtherExternal, model.GuestServiceProviderUser,
	} {
		if strings.EqualFold(kind, string(g)) {
			return &yes, g
		}
	}
	return nil, ""
}

// user makes a user's resource; groups only where they are asked for.
func (c *call) user(u directory.User, s shown) (object, error) {
	r, err := c.whole(users, string(u.ID), u.Resource, u.Version, u.Created, u.Changed)
	if err != nil {
		return nil, err
	}
	r["active"] = u.Active
	if s.asks("groups") {
		in, err := c.parts.Store.GroupsOf(c.ctx, c.tenant, c.source, u.ID)
		if err != nil {
			return nil, err
		}
		var all []any
		for _, g := range in {
			all = append(all, object{"value": string(g.ID), "display": g.Name, "$ref": c.base + "/Groups/" + string(g.ID)})
		}
		put(r, Path{Attr: "groups"}, all)
	}
	return r, nil
}

// liveUser finds a user that was not taken back.
func (c *call) liveUser(id directory.ID) (directory.User, error) {
	u, err := c.parts.Store.User(c.ctx, c.tenant, c.source, id)
	if err == nil && !u.Deleted.IsZero() {
		err = noUser(id)
	}
	return u, err
}

func noUser(id directory.ID) error {
	return refuse(http.StatusNotFound, "", "there is no user "+clip(string(id)))
}

func (c *call) getUser(id directory.ID) error {
	s, err := shownOf(c.r.URL.Query())
	if err != nil {
		return err
	}
	u, err := c.liveUser(id)
	if err != nil {
		return err
	}
	if err := c.precondition(u.Version); err != nil {
		return answered(err)
	}
	r, err := c.user(u, s)
	if err != nil {
		return err
	}
	c.answer(http.StatusOK, r, s)
	return nil
}

// answered drops the error of a request whose answer is written.
func answered(err error) error {
	if err == errAnswered { //nolint:errorlint // it is never wrapped
		return nil
	}
	return err
}

func (c *call) listUsers() error {
	a, err := c.ask(users)
	if err != nil {
		return err
	}
	q := directory.Query{Source: c.source}
	if v, ok := a.filter.equals("userName"); ok {
		q.Name = v
	} else if v, ok := a.filter.equals("externalId"); ok {
		q.Extern = v
	} else if a.filter != nil {
		q.Limit = maxScan + 1
	} else if a.last() > 0 {
		q.Limit = a.last()
	}
	all, err := c.parts.Store.Users(c.ctx, c.tenant, q)
	if err != nil {
		return err
	}
	if len(all) > maxScan && a.filter != nil {
		return refuse(http.StatusBadRequest, "tooMany", "the filter would look at too many users; ask by userName or externalId")
	}
	var looks shown
	if mentions(a.filter, "groups") {
		looks.only = []Path{{Attr: "groups"}}
	}
	var page []object
	total := 0
	for _, u := range all {
		if a.filter != nil {
			r, err := c.user(u, looks)
			if err != nil {
				return err
			}
			if !a.filter.Match(r) {
				continue
			}
		}
		if total++; total >= a.start && len(page) < a.count {
			r, err := c.user(u, a.shown)
			if err != nil {
				return err
			}
			page = append(page, a.shown.of(r))
		}
	}
	if a.filter == nil {
		if total, _, err = c.parts.Store.CountPeople(c.ctx, c.tenant, c.source); err != nil {
			return err
		}
	}
	send(c.w, http.StatusOK, listOf(page, total, a.start))
	return nil
}

func (c *call) addUser() error {
	r, err := c.resourceBody(users)
	if err != nil {
		return err
	}
	now := c.parts.Now()
	u, err := toUser(directory.User{Source: c.source, ID: newID(), Active: true, Created: now, Changed: now}, r)
	if err != nil {
		return err
	}
	return c.storeUser("add", http.StatusCreated, u, directory.User{})
}

// storeUser writes a user and answers with it. was is the user before, for those who are renamed and disabled at once.
func (c *call) storeUser(action string, status int, u, was directory.User) error {
	s, err := shownOf(c.r.URL.Query())
	if err != nil {
		return err
	}
	u.Changed = c.parts.Now()
	var refused []directory.User
	if !u.MayStay() {
		refused = []directory.User{u}
		if was.ID != "" && (directory.Fold(was.Username) != directory.Fold(u.Username) || was.ExternalID != u.ExternalID) {
			refused = append(refused, was)
		}
	}
	if err := c.record(action, "user", u.ID, u.Username, map[string]any{"active": u.Active}, refused, directory.Batch{Users: []directory.User{u}, Unique: true}); err != nil {
		return err
	}
	u.Version++
	r, err := c.user(u, s)
	if err != nil {
		return err
	}
	c.answer(status, r, s)
	return nil
}

func (c *call) putUser(id directory.ID) error {
	r, err := c.resourceBody(users)
	if err != nil {
		return err
	}
	return c.change(func() error {
		u, err := c.liveUser(id)
		if err != nil {
			return err
		}
		if err := c.precondition(u.Version); err != nil {
			return err
		}
		was := u
		if u, err = toUser(u, r); err != nil {
			return err
		}
		return c.storeUser("replace", http.StatusOK, u, was)
	})
}

func (c *call) patchUser(id directory.ID) error {
	text, err := c.body()
	if err != nil {
		return err
	}
	ops, err := users.operations(text)
	if err != nil {
		return err
	}
	return c.change(func() error {
		u, err := c.liveUser(id)
		if err != nil {
			return err
		}
		if err := c.precondition(u.Version); err != nil {
			return err
		}
		r, err := decode(u.Resource)
		if err != nil {
			return err
		}
		if err := applyAll(ops, r); err != nil {
			return err
		}
		was := u
		if u, err = toUser(u, r); err != nil {
			return err
		}
		return c.storeUser("update", http.StatusOK, u, was)
	})
}

func (c *call) deleteUser(id directory.ID) error {
	u, err := c.parts.Store.User(c.ctx, c.tenant, c.source, id)
	if err != nil {
		return err
	}
	if !u.Deleted.IsZero() {
		// A client that asks again may have been told nothing the first time: it hears that the user is gone when the
		// sessions are.
		if err := c.changed([]directory.User{u}); err != nil {
			return err
		}
		return noUser(id)
	}
	if err := c.precondition(u.Version); err != nil {
		return err
	}
	u.Deleted = c.parts.Now()
	if err := c.record("delete", "user", id, u.Username, nil, []directory.User{u}, directory.Batch{GoneUsers: []directory.ID{id}}); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
