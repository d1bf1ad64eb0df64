package api

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/lint"
)

// ruleset is everything that a tenant's rule book is made of, as stored.
type ruleset struct {
	tenant     model.TenantID
	revisions  map[string]policy.Revision // the latest, by document
	docs       []*policy.Document         // by id
	states     map[string]policy.RolloutState
	exceptions []policy.Exception
	types      *policy.InfoTypes
	unread     []unread // stored documents that this version can't read; they are in revisions, and not in docs
}

// unread is a stored document that can't be decoded, and why.
type unread struct {
	id       string
	problems policy.Problems
}

// stored reads a tenant's rule set. A document in it that can't be read is an error: whoever decides, lints or
// replays by a part of the rules says something else than the gateways do.
func (a *API) stored(ctx context.Context, tenant model.TenantID) (*ruleset, error) {
	s, err := a.readable(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return s, s.whole(nil)
}

// whole returns an error when a stored document can't be read, other than those that drafts are about to replace.
func (s *ruleset) whole(drafts []*policy.Document) error {
	var ids []string
	var all policy.Problems
	for _, u := range s.unread {
		if slices.ContainsFunc(drafts, func(d *policy.Document) bool { return d.ID == u.id }) {
			continue
		}
		ids = append(ids, u.id)
		for _, p := range u.problems {
			p.Document = u.id
			all = append(all, p)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return broken(strings.Join(ids, ", "), all)
}

// readable reads a tenant's rule set as far as it can be read, for what mends it: deleting and replacing documents.
func (a *API) readable(ctx context.Context, tenant model.TenantID) (*ruleset, error) {
	s := &ruleset{tenant: tenant, revisions: map[string]policy.Revision{}, states: map[string]policy.RolloutState{}}
	revisions, err := a.Policies.Documents(ctx, tenant)
	if err != nil {
		return nil, err
	}
	for _, r := range revisions {
		s.revisions[r.ID] = r
		docs, problems := policy.Decode("", r.Text)
		if len(problems) > 0 || len(docs) != 1 {
			// What was applied was right then; only another version of Referee can have changed its mind.
			s.unread = append(s.unread, unread{r.ID, problems})
			continue
		}
		s.docs = append(s.docs, docs[0])
	}
	states, err := a.Policies.Rollouts(ctx, tenant)
	if err != nil {
		return nil, err
	}
	for _, st := range states {
		s.states[st.Policy] = st
	}
	if s.types, err = a.knownTypes(ctx, tenant); err != nil {
		return nil, err
	}
	s.exceptions, err = a.Policies.Exceptions(ctx, tenant, "")
	return s, err
}

// broken is the error of stored documents that can't be read or compiled any more: nobody's defect, since this
// version or installation lacks something that another one had when they were applied.
func broken(key string, problems policy.Problems) *wrong {
	return &wrong{
		kind: fault.Conflict, detail: key + ": what is stored can't be put into force by this installation",
		help: "change or delete the documents that are named (referee policy apply, referee policy delete), or give the installation the part that they need; until then the tenant's policies stay as the gateways have them, and none can be changed", mistakes: problemsOf(problems),
	}
}

func (s *ruleset) doc(id string) *policy.Document {
	for _, d := range s.docs {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// with returns the documents as they would be with drafts in place of those of the same id.
func (s *ruleset) with(drafts []*policy.Document) []*policy.Document {
	out := slices.DeleteFunc(slices.Clone(s.docs), func(d *policy.Document) bool {
		return slices.ContainsFunc(drafts, func(n *policy.Document) bool { return n.ID == d.ID })
	})
	return append(out, drafts...)
}

// without returns the documents as they would be without one.
func (s *ruleset) without(id string) []*policy.Document {
	return slices.DeleteFunc(slices.Clone(s.docs), func(d *policy.Document) bool { return d.ID == id })
}

// compile makes a rule book of documents as the gateway would.
func (a *API) compile(s *ruleset, docs []*policy.Document) (*policy.Book, policy.Problems) {
	opt := a.config.Rules
	opt.Tenant, opt.Phases, opt.Revisions, opt.Exceptions = s.tenant, map[string]policy.Phase{}, map[string]int64{}, s.exceptions
	opt.InfoTypes = s.types
	for id, st := range s.states {
		opt.Phases[id] = st.Phase
	}
	for id, r := range s.revisions {
		opt.Revisions[id] = r.Number
	}
	return policy.Compile(docs, opt)
}

// world gathers what a lint knows beside the documents. Groups stay unknown: they come with sign-ins.
func (a *API) world(ctx context.Context, s *ruleset) (lint.World, error) {
	w := lint.World{
		Now: a.Now(), Capabilities: a.config.Rules.Capabilities, Exceptions: s.exceptions, Reads: map[string][]policy.ReportRead{},
		Instances: []lint.Instance{}, Locations: []string{},
	}
	for _, app := range catalog.Apps() {
		w.Apps = append(w.Apps, lint.App{Key: app.Key, Suite: app.Suite})
	}
	instances, err := a.Catalog.Instances(ctx, s.tenant)
	if err != nil {
		return w, err
	}
	for _, in := range instances {
		w.Instances = append(w.Instances, lint.Instance{ID: in.ID, App: in.App, Route: in.Route})
	}
	t, err := a.Tenants.Tenant(ctx, s.tenant)
	if err != nil {
		return w, err
	}
	for _, l := range t.Locations {
		w.Locations = append(w.Locations, l.Name)
	}
	w.Strengths = slices.AppendSeq([]string{}, maps.Keys(t.StepUp.Strengths))
	for id, st := range s.states {
		w.Rollouts = append(w.Rollouts, st)
		if w.Reads[id], err = a.Policies.Reads(ctx, s.tenant, id); err != nil {
			return w, err
		}
	}
	return w, nil
}

// suites gives the suite of each app, for activities that don't say.
func suites() map[string]string {
	out := map[string]string{}
	for _, app := range catalog.Apps() {
		if app.Suite != "" {
			out[app.Key] = app.Suite
		}
	}
	return out
}
