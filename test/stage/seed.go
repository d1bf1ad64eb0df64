package stage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/node"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/rollout"
	"github.com/referee-casb/referee/session"
)

// author is who wrote the stage's documents.
const author = "stage"

// seed writes tenants, instances, policies and stored sessions.
func (s *Setup) seed(ctx context.Context, n *node.Node) error {
	for _, t := range s.Tenants {
		old, err := n.DB.Tenant(ctx, t.ID)
		if err == nil {
			t.Epoch = old.Epoch
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		if _, err := n.DB.PutTenant(ctx, t.WithDefaults()); err != nil {
			return err
		}
	}
	for _, in := range s.Instances {
		if err := n.DB.PutInstance(ctx, in); err != nil {
			return err
		}
	}
	for i, t := range s.Tenants {
		if err := s.seedPolicies(ctx, n, t.ID); err != nil {
			return err
		}
		if i == len(s.Tenants)-1 { // tenants and catalogue are loaded as a whole
			if err := n.Changed(ctx, bus.SignalCatalog, t.ID); err != nil {
				return err
			}
		}
	}
	for _, t := range s.Tenants {
		if err := n.Changed(ctx, bus.SignalPolicy, t.ID); err != nil {
			return err
		}
	}
	if s.Stored != nil {
		return s.store(ctx, n)
	}
	return nil
}

func (s *Setup) seedPolicies(ctx context.Context, n *node.Node, t model.TenantID) error {
	have, err := n.DB.Documents(ctx, t)
	if err != nil || len(have) > 0 || s.Policies == "" {
		return err
	}
	docs, problems := policy.Decode("stage.yaml", []byte(s.Policies))
	if err := problems.Err(); err != nil {
		return err
	}
	now := time.Now()
	var revisions []policy.Revision
	for _, d := range docs {
		r := d.Revise(t, 0, author, "")
		r.Time = now
		revisions = append(revisions, r)
	}
	if _, err := n.DB.PutDocuments(ctx, t, revisions); err != nil {
		return err
	}
	for _, d := range docs {
		state, ok := rollout.Begin(d, t, author, now)
		if !ok {
			continue
		}
		if err := n.DB.PutRollout(ctx, state); err != nil {
			return err
		}
		if state, err = rollout.Flip(state, author, "in force from the start", now.Add(time.Millisecond)); err != nil {
			return err
		}
		if err := n.DB.PutRollout(ctx, state); err != nil {
			return err
		}
	}
	return nil
}

// store writes sessions with their app sessions and host cookies, spread over the instances.
func (s *Setup) store(ctx context.Context, n *node.Node) (err error) {
	f, err := os.Create(s.Stored.File)
	if err != nil {
		return fault.As(err, fault.Unavailable, "stage.store", s.Stored.File)
	}
	w := bufio.NewWriter(f)
	defer func() { err = errors.Join(err, w.Flush(), f.Close()) }()
	for i := range s.Stored.Count {
		in := &s.Instances[i%len(s.Instances)]
		host, ok := n.Catalog.Book().Mapped(in.Tenant, in.Hosts[0].Name)
		if !ok {
			return fault.New(fault.NotFound, "stage.store", "%s is not mapped", in.Hosts[0].Name)
		}
		cookie, err := put(ctx, n, in.Tenant, in.ID, host, i)
		if err != nil {
			return err
		}
		fmt.Fprintln(w, in.Tenant, cookie.Reveal()) //nolint:errcheck // Flush reports it
	}
	return nil
}

// put stores what a sign-in and a hand-over leave behind.
func put(ctx context.Context, n *node.Node, t model.TenantID, instance model.InstanceID, host string, i int) (session.Secret, error) {
	now, secret := time.Now(), session.NewSecret()
	user := fmt.Sprintf("user-%05d", i)
	s := session.Session{
		ID: model.SessionID(session.NewID()), Tenant: t, Created: now, LastSeen: now, Expires: now.Add(12 * time.Hour), Idle: time.Hour,
		User:    model.User{ID: model.UserID(user), Name: user, Username: user + "@example.test", Email: user + "@example.test", Groups: []model.GroupID{"Staff", "Projects"}},
		Network: model.Network{Address: netip.MustParseAddr("127.0.0.1")}, Agent: model.Agent{Raw: UserAgent}, SecretHash: secret.Hash(),
	}
	if err := n.DB.PutSession(ctx, s); err != nil {
		return "", err
	}
	app, key, err := session.Begin(n.Vault, &s, secret, instance, session.ControlCustom, nil, now)
	if err != nil {
		return "", err
	}
	if err := n.DB.PutAppSession(ctx, app); err != nil {
		return "", err
	}
	return session.MintHostCookie(ctx, n.DB, n.Vault, t, app.ID, host, key, now)
}
