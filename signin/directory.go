package signin

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// Directory tells who somebody is beside what the provider claimed; directory.People is one.
type Directory interface {
	Resolve(ctx context.Context, tenant model.TenantID, c model.Claims, domains []string) (directory.Person, error)
	// Means reports whether a directory's user is the person of the claims.
	Means(ctx context.Context, tenant model.TenantID, u directory.User, c model.Claims) (bool, error)
	// Anchored finds everybody whose account in Entra is anchored by an id.
	Anchored(ctx context.Context, tenant model.TenantID, immutableID string) ([]directory.User, error)
}

// noDirectory is that of a broker without one: the claims are all there is.
type noDirectory struct{}

func (noDirectory) Resolve(_ context.Context, _ model.TenantID, c model.Claims, domains []string) (directory.Person, error) {
	return directory.Alone(c, domains), nil
}

func (noDirectory) Anchored(context.Context, model.TenantID, string) ([]directory.User, error) {
	return nil, nil
}

func (noDirectory) Means(context.Context, model.TenantID, directory.User, model.Claims) (bool, error) {
	return false, nil
}

// resolve asks the directory about the person of a verified answer, and returns the entries that are the person's.
// Denied when the directory lets the person not in.
func (b *Broker) resolve(ctx context.Context, t tenant.Tenant, c model.Claims) (model.User, []model.Entry, error) {
	const op = "signin.resolve"
	p, err := b.parts.Directory.Resolve(ctx, t.ID, c, t.Domains)
	switch {
	case err != nil:
		// fail closed: which rules hold for this person, and whether the account is disabled, is not known
		return model.User{}, nil, fault.As(err, fault.Unavailable, op, string(t.ID))
	case p.Refused != "":
		return model.User{}, nil, &refusedPerson{&fault.Error{
			Kind: fault.Denied, Op: op, Key: string(c.User.ID), Msg: "your account is disabled in your organisation's directory",
			Help: "Ask your organisation's help desk.", Err: errors.New(p.Refused),
		}}
	}
	var entries []model.Entry
	for i := range p.Entries {
		entries = append(entries, model.Entry{Source: string(p.Entries[i].Source), ID: string(p.Entries[i].ID)})
	}
	return p.User, entries, nil
}

// refusedPerson is who may not sign in though the provider's answer is sound.
type refusedPerson struct{ error }

// Unwrap returns the fault.
func (r *refusedPerson) Unwrap() error { return r.error }

// claimsOf is what a session's provider said. Sessions of before there was a directory kept the person alone.
func claimsOf(t tenant.Tenant, s *session.Session) model.Claims {
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return p.ID == s.User.Provider })
	objectID := i >= 0 && t.Providers[i].ObjectIDs()
	if s.Claims != nil {
		c := *s.Claims
		c.ObjectID = objectID
		return c
	}
	c := model.Claims{User: s.User, Subject: s.Auth.Subject, ObjectID: objectID}
	if i >= 0 && t.Providers[i].UserID(c.Subject, t.Providers) != s.User.ID {
		c.Subject = strings.TrimPrefix(string(s.User.ID), string(s.User.Provider)+":") // it came from another claim than sub
	}
	external := s.User.External // whoever said so then
	c.Guest = &external
	return c
}

// EndRefused ends every live session of users that a directory lets not in, and returns how many. The users are given
// as they are and as they were, so that one who is renamed and disabled at once is found.
func (b *Broker) EndRefused(ctx context.Context, id model.TenantID, refused []directory.User) (int, error) {
	const op = "signin.EndRefused"
	if len(refused) == 0 {
		return 0, nil
	}
	t, ok := b.parts.Tenants.Tenant(id)
	if !ok {
		return 0, nil // its sessions went with it
	}
	all, err := b.parts.Sessions.Sessions(ctx, id, "", b.parts.Now())
	if err != nil {
		return 0, fault.Wrap(err, op, string(id))
	}
	n := 0
	for i := range all {
		c := claimsOf(t, &all[i])
		for _, u := range refused {
			means, err := b.parts.Directory.Means(ctx, id, u, c)
			if err != nil {
				return n, fault.Wrap(err, op, string(id))
			}
			if !means {
				continue
			}
			why := "the account was disabled in the directory " + string(u.Source)
			if !u.Deleted.IsZero() {
				why = "the account was deleted in the directory " + string(u.Source)
			}
			if err := b.end(ctx, id, all[i].ID, why); err != nil {
				return n, err
			}
			n++
			break
		}
	}
	return n, nil
}

// FollowDirectory brings every live session of a tenant up to date with the directory: groups, roles and kinds of guests
// as they are now; sessions of people who may not stay end. It returns how many sessions changed or ended. What can't be
// found out about one session leaves it as it is, and is the error that is returned after all others were looked at.
func (b *Broker) FollowDirectory(ctx context.Context, id model.TenantID) (int, error) {
	const op = "signin.FollowDirectory"
	t, ok := b.parts.Tenants.Tenant(id)
	if !ok {
		return 0, nil
	}
	all, err := b.parts.Sessions.Sessions(ctx, id, "", b.parts.Now())
	if err != nil {
		return 0, fault.Wrap(err, op, string(id))
	}
	n := 0
	var first error
	for i := range all {
		changed, err := b.follow(ctx, t, &all[i])
		if changed {
			n++
		}
		if err != nil && first == nil {
			first = fault.Wrap(err, op, string(id))
		}
	}
	return n, first
}

// followTries is how often a session is looked at anew that somebody else changed meanwhile.
const followTries = 3

func (b *Broker) follow(ctx context.Context, t tenant.Tenant, s *session.Session) (bool, error) {
	for range followTries {
		changed, err := b.followOnce(ctx, t, s)
		if !errors.Is(err, errChanged) {
			return changed, err
		}
		now, err := b.parts.Sessions.Session(ctx, t.ID, s.ID)
		if fault.Is(err, fault.NotFound) || err == nil && !now.Live(b.parts.Now()) {
			return false, nil // it ended meanwhile
		}
		if err != nil {
			return false, err
		}
		s = &now
	}
	return false, fault.New(fault.Unavailable, "signin.follow", "session %s changes all the time", s.ID)
}

// errChanged: the session is not any more what the directory was asked about.
var errChanged = errors.New("the session was changed meanwhile")

func (b *Broker) followOnce(ctx context.Context, t tenant.Tenant, s *session.Session) (bool, error) {
	var gone *refusedPerson
	claims := claimsOf(t, s)
	is, entries, err := b.resolve(ctx, t, claims)
	switch {
	case errors.As(err, &gone):
		return true, b.end(ctx, t.ID, s.ID, "the directory does not let the person in any more")
	case err != nil:
		return false, err
	case same(is, s.User) && slices.Equal(entries, claims.Known):
		return false, nil
	}
	_, err = b.parts.Sessions.UpdateSession(ctx, t.ID, s.ID, func(have *session.Session) error {
		now := claimsOf(t, have)
		if !reflect.DeepEqual(now, claims) || !same(have.User, s.User) {
			return errChanged // a new sign-in, or a later look at the directory: its word is the newer one
		}
		now.Known = entries
		have.Claims, have.User = &now, is
		return nil
	})
	switch {
	case errors.Is(err, errChanged):
		return false, errChanged
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.NotFound):
		return false, nil // it ended meanwhile
	case err != nil:
		return false, err
	}
	return true, b.parts.Devices.Changed(ctx, t.ID, s.ID)
}

// same compares what the directory has a say in.
func same(a, b model.User) bool {
	empty := func(u *model.User) {
		if len(u.Groups) == 0 {
			u.Groups = nil
		}
		if len(u.Roles) == 0 {
			u.Roles = nil
		}
	}
	empty(&a)
	empty(&b)
	return reflect.DeepEqual(a, b)
}
