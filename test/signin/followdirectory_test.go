package signin_test

import (
	"context"
	"slices"
	"testing"

	people "github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// watched is a directory that something may happen behind.
type watched struct {
	*people.People
	r *rig
}

func (w *watched) Resolve(ctx context.Context, id model.TenantID, c model.Claims, domains []string) (people.Person, error) {
	p, err := w.People.Resolve(ctx, id, c, domains)
	w.r.mu.Lock()
	then := w.r.failures.resolving
	w.r.failures.resolving = nil
	w.r.mu.Unlock()
	if then != nil {
		then()
	}
	return p, err
}

// inDirectory adds the source hr, which knows people by their sign-in names, with the director in a group.
func (r *rig) inDirectory(t *testing.T) people.User {
	t.Helper()
	if err := r.db.AddSource(t.Context(), people.Source{ID: "hr", Tenant: "contoso", Kind: people.KindSCIM, Created: r.now()}); err != nil {
		t.Fatal(err)
	}
	u := people.User{Source: "hr", ID: "u1", Username: "director@contoso.example", Active: true, Created: r.now(), Changed: r.now()}
	r.provisioned(t, people.Batch{Users: []people.User{u}, Groups: []people.Group{{ID: "g1", Name: "Board"}}, Members: []people.Membership{{Group: "g1", Add: []people.Member{{ID: "u1"}}}}})
	return u
}

func (r *rig) provisioned(t *testing.T, b people.Batch) {
	t.Helper()
	b.AnyVersion, b.At = true, r.now()
	if err := r.db.Apply(t.Context(), "contoso", "hr", b); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) followed(t *testing.T, want int) {
	t.Helper()
	if n, err := r.broker.FollowDirectory(t.Context(), "contoso"); n != want || err != nil {
		t.Errorf("%d sessions followed, %v; want %d", n, err, want)
	}
}

// TestRenamedThenDisabled: who is known by the sign-in name alone is still known under the next one.
func TestRenamedThenDisabled(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	u := r.inDirectory(t)
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
	id := r.lastSession()
	if s := r.session(id); !slices.Equal(s.Claims.Known, []model.Entry{{Source: "hr", ID: "u1"}}) {
		t.Fatalf("known as %+v", s.Claims)
	}
	u.Username = "boss@contoso.example"
	r.provisioned(t, people.Batch{Users: []people.User{u}})
	r.followed(t, 0)
	if s := r.session(id); !slices.Contains(s.User.Groups, "Board") || !s.Live(r.now()) {
		t.Errorf("after a rename: %+v", s.User)
	}
	u.Active = false
	r.provisioned(t, people.Batch{Users: []people.User{u}})
	if n, err := r.broker.EndRefused(t.Context(), "contoso", []people.User{u}); n != 1 || err != nil {
		t.Errorf("%d sessions ended, %v", n, err)
	}
	if s := r.session(id); s.Live(r.now()) {
		t.Error("a disabled person goes on under the name of before")
	}
	// The one whose name it is by now is another person.
	next := people.User{ID: "u2", Username: "director@contoso.example", Active: true, Created: r.now(), Changed: r.now()}
	r.provisioned(t, people.Batch{Users: []people.User{next}})
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
	if s := r.session(r.lastSession()); !slices.Equal(s.Claims.Known, []model.Entry{{Source: "hr", ID: "u2"}}) || slices.Contains(s.User.Groups, "Board") {
		t.Errorf("the next of the name: %+v", s.Claims)
	}
	gone := u
	gone.Username, gone.Deleted = "director@contoso.example", r.now()
	if n, err := r.broker.EndRefused(t.Context(), "contoso", []people.User{gone}); n != 0 || err != nil {
		t.Errorf("%d sessions of another person ended, %v", n, err)
	}
}

// TestSignInWhileFollowing: what a directory was asked about a sign-in says nothing about the next one.
func TestSignInWhileFollowing(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	r.inDirectory(t)
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
	id := r.lastSession()
	r.provisioned(t, people.Batch{GoneGroups: []people.ID{"g1"}})
	r.fails(func(f *failing) {
		f.resolving = func() {
			_, err := r.db.UpdateSession(t.Context(), "contoso", id, func(s *session.Session) error {
				claims := *s.Claims
				claims.User.Name, claims.User.Groups = "Director, since married", []model.GroupID{"claimed-now"}
				s.Claims, s.User = &claims, claims.User
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	r.followed(t, 0) // the second look finds it as the new sign-in left it
	s := r.session(id)
	if s.User.Name != "Director, since married" || !slices.Equal(s.User.Groups, []model.GroupID{"claimed-now"}) || s.Claims.User.Name != s.User.Name {
		t.Errorf("the sign-in's own words are gone: %+v, claims %+v", s.User, s.Claims.User)
	}
}
