package graph

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/msgraph"
	"github.com/referee-casb/referee/model"
)

// Pager reads Graph; *msgraph.Client is one. NotFound for an address of a delta query that Graph has forgotten.
type Pager interface {
	Page(ctx context.Context, at string) (msgraph.Page, error)
}

// Reader reads one source. One round of a source at a time.
type Reader struct {
	Tenant  model.TenantID
	Source  directory.SourceID
	Created time.Time // of the source: another one by its id is not read into
	Graph   Pager
	Store   directory.Store
	Sources directory.SourceStore
	// Changed is told after each committed page. refused are users that may not sign in any more.
	Changed func(ctx context.Context, tenant model.TenantID, refused []directory.User) error
	Now     func() time.Time
	Log     *slog.Logger
}

// The phases of a round, in order.
const (
	phaseUsers  = "users"
	phaseGroups = "groups"
	phaseRoles  = "roles"
)

// Where a reading of everything begins.
const (
	allUsers  = "/users/delta?$select=id,userPrincipalName,displayName,mail,accountEnabled,userType,creationType,onPremisesImmutableId"
	allGroups = "/groups/delta?$select=id,displayName,members"
	allRoles  = "/directoryRoles?$select=id,displayName,roleTemplateId"
)

// Every is how long after a whole round the next one begins.
const Every = 10 * time.Minute

// Bounds of waiting after a failure; it doubles.
const (
	waitFirst = time.Minute
	waitMost  = time.Hour
)

// Due reports whether a source is to be read now.
func Due(s *directory.Source, now time.Time) bool {
	v := s.Sync
	switch {
	case s.Kind != directory.KindGraph:
		return false
	case v.Failures > 0:
		return v.Asked.After(v.Failed) || !now.Before(v.Failed.Add(min(waitFirst<<min(v.Failures-1, 10), waitMost)))
	case v.Phase != "", v.Asked.After(v.Began):
		return true
	}
	return !now.Before(v.Finished.Add(Every))
}

// Round reads what is new, or goes on with a round that was interrupted. It ends early, with a phase to go on from, where
// changes turn into a reading of everything. Its failure is kept with the source, and returned.
func (r *Reader) Round(ctx context.Context) error {
	const op = "graph.Round"
	s, err := r.Sources.UpdateSource(ctx, r.Tenant, r.Source, func(s *directory.Source) error {
		if s.Kind != directory.KindGraph {
			return fault.New(fault.Invalid, op, "source %s is not read from Graph", r.Source)
		}
		if err := r.same(s); err != nil {
			return err
		}
		r.begin(&s.Sync)
		return nil
	})
	if err != nil {
		return fault.Wrap(err, op, string(r.Source))
	}
	err = r.read(ctx, s.Sync)
	if err == nil || ctx.Err() != nil {
		return err // a round that is interrupted has not failed
	}
	_, kept := r.Sources.UpdateSource(context.WithoutCancel(ctx), r.Tenant, r.Source, func(s *directory.Source) error {
		if err := r.same(s); err != nil {
			return err
		}
		s.Sync.Failed, s.Sync.Error = r.Now(), told(err)
		s.Sync.Failures++
		return nil
	})
	if kept != nil && !fault.Is(kept, fault.NotFound) {
		r.Log.Error("directory's failure not kept", "tenant", r.Tenant, "source", r.Source, "err", kept)
	}
	return fault.Wrap(err, op, string(r.Source))
}

// same refuses a source that was added by the same id after the one that is read was removed: it may be of another
// directory.
func (r *Reader) same(s *directory.Source) error {
	if !s.Created.Equal(r.Created) {
		return fault.New(fault.NotFound, "graph.Round", "source %s was removed, and another one added by its id", r.Source)
	}
	return nil
}

// told is an error in the words that an administrator sees.
func told(err error) string {
	text := err.Error()
	if help := fault.Help(err); help != "" {
		text += " (" + help + ")"
	}
	if len(text) > 1000 {
		text = strings.ToValidUTF8(text[:1000], "") + "…"
	}
	return text
}

// begin starts a round, unless one is on its way that nobody wants anew.
func (r *Reader) begin(s *directory.Sync) {
	if s.AskFull {
		r.anew(s)
	} else if s.Phase == "" {
		s.Began, s.Pages, s.Items, s.Warning = r.Now(), 0, 0, ""
		s.Phase, s.Page = phaseUsers, s.UserDelta
		if s.UserDelta == "" || s.GroupDelta == "" {
			r.anew(s)
		}
	}
}

// anew begins to read everything. What is not heard of until the end is taken back then.
func (r *Reader) anew(s *directory.Sync) {
	s.Began, s.Pages, s.Items, s.Warning, s.AskFull = r.Now(), 0, 0, "", false
	s.Full, s.UserDelta, s.GroupDelta = true, "", ""
	s.Phase, s.Page = phaseUsers, allUsers
	s.Generation++
}

// read goes through the phases.
func (r *Reader) read(ctx context.Context, s directory.Sync) error {
	restarted := false
	for s.Phase == phaseUsers || s.Phase == phaseGroups {
		p, err := r.Graph.Page(ctx, s.Page)
		if forgotten(err) && !restarted && s.Page != allUsers && s.Page != allGroups {
			// Graph has forgotten where we were (410, or a token that it does not know any more): everything anew.
			r.Log.Info("directory is read anew", "tenant", r.Tenant, "source", r.Source, "err", err)
			changes := !s.Full
			restarted = true
			r.anew(&s)
			if err := r.apply(ctx, directory.Batch{}, s, nil); err != nil || changes {
				return err // the rota gives it another place: this one is for changes
			}
			continue
		}
		if err != nil {
			return err
		}
		if p.Next != "" && p.Next == s.Page || p.Next == "" && p.Delta == "" {
			return fault.New(fault.Unavailable, "graph.read", "a page of %s leads nowhere", s.Phase)
		}
		var b directory.Batch
		var refused []directory.User
		if s.Phase == phaseUsers {
			b, refused, err = r.users(ctx, p)
		} else {
			b, err = r.groups(ctx, p)
		}
		if err != nil {
			return err
		}
		s.Pages++
		s.Items += len(p.Value)
		switch {
		case p.Next != "":
			s.Page = p.Next
		case s.Phase == phaseUsers:
			if s.Full && s.Items == 0 {
				// fail closed the other way: an empty answer is a permission that is missing, and would lock everybody out
				return fault.New(fault.Denied, "graph.read", "Graph tells of no user at all; grant User.Read.All and GroupMember.Read.All")
			}
			s.UserDelta, s.Phase = p.Delta, phaseGroups
			if s.Page = s.GroupDelta; s.Page == "" {
				s.Page = allGroups
			}
		default:
			s.GroupDelta, s.Phase, s.Page = p.Delta, phaseRoles, ""
		}
		if err := r.apply(ctx, b, s, refused); err != nil {
			return err
		}
	}
	return r.finish(ctx, s)
}

// forgotten reports whether Graph wants a reading from the beginning.
func forgotten(err error) bool {
	if fault.Is(err, fault.NotFound) {
		return true
	}
	text := strings.ToLower(told(orNothing(err)))
	return fault.Is(err, fault.Invalid) && (strings.Contains(text, "resync") || strings.Contains(text, "syncstate") || strings.Contains(text, "deltatoken") || strings.Contains(text, "delta token"))
}

func orNothing(err error) error {
	if err == nil {
		return fault.New(fault.Internal, "graph", "nothing")
	}
	return err
}

// apply commits a page with where to go on, and tells of it.
func (r *Reader) apply(ctx context.Context, b directory.Batch, s directory.Sync, refused []directory.User) error {
	b.AnyVersion, b.Generation, b.Sync, b.Created, b.At = true, s.Generation, &s, r.Created, r.Now()
	if err := r.Store.Apply(ctx, r.Tenant, r.Source, b); err != nil {
		return err
	}
	return r.Changed(ctx, r.Tenant, refused)
}

// finish reads the roles, which Graph tells whole each time, and ends the round.
func (r *Reader) finish(ctx context.Context, s directory.Sync) error {
	b, err := r.roles(ctx)
	switch {
	case fault.Is(err, fault.Denied):
		s.Warning = "directory roles can't be read: grant the application permission RoleManagement.Read.Directory"
		b = directory.Batch{}
		if s.Full { // what was known of roles is not taken back for it
			if b, err = r.rolesAsTheyWere(ctx); err != nil {
				return err
			}
		}
	case err != nil:
		return err
	}
	b.Prune = s.Full
	s.Phase, s.Page, s.Full = "", "", false
	s.Finished, s.Failures, s.Error, s.Failed = r.Now(), 0, "", time.Time{}
	return r.apply(ctx, b, s, nil)
}
