package api

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// PolicySummary is a policy in a list.
type PolicySummary struct {
	ID       string          `json:"id"`
	Kind     policy.Kind     `json:"kind"`
	Name     string          `json:"name"`
	State    policy.State    `json:"state"`
	Action   string          `json:"action,omitempty" doc:"What it does when it matches; for Conditional Access: block, grant, or the session control it grants."`
	Severity policy.Severity `json:"severity,omitempty"`
	Phase    policy.Phase    `json:"phase,omitempty" doc:"Where its rollout stands; absent without one."`
	Since    time.Time       `json:"since,omitzero" doc:"When the phase began."`
	Held     bool            `json:"held,omitempty" doc:"Put back by hand: it does not flip by itself."`
	Revision int64           `json:"revision"`
	Author   string          `json:"author"`
	Time     time.Time       `json:"time"`
	Comment  string          `json:"comment,omitempty"`
}

func toSummary(d *policy.Document, r policy.Revision, st policy.RolloutState) PolicySummary {
	b := PolicySummary{ID: d.ID, Kind: d.Kind, Name: d.Name, State: d.State, Severity: d.Severity, Revision: r.Number, Author: r.Author, Time: r.Time, Comment: r.Comment}
	switch {
	case d.Inline != nil:
		b.Action = string(d.Inline.Action)
		if d.Inline.Rollout != nil && st.Policy != "" {
			b.Phase, b.Since, b.Held = st.Phase, st.Since, st.Held
		}
	case d.Access != nil && d.Access.Blocks():
		b.Action = "block"
	case d.Access != nil && d.Access.Session != "":
		b.Action = d.Access.Session
	case d.Access != nil:
		b.Action = "grant"
	}
	return b
}

type (
	// InPolicy is part of every input about one policy.
	InPolicy struct {
		InTenant
		Policy string `path:"policy" maxLength:"64" doc:"Id of the policy."`
	}
	policyAnswer struct {
		Body struct {
			PolicySummary
			Text     string          `json:"text" doc:"The document as YAML, in the form that is kept."`
			Document json.RawMessage `json:"document" doc:"The same as JSON."`
		}
	}
	revisionBody struct {
		Revision int64     `json:"revision"`
		Name     string    `json:"name"`
		Author   string    `json:"author"`
		Time     time.Time `json:"time"`
		Comment  string    `json:"comment,omitempty"`
		Deleted  bool      `json:"deleted,omitempty"`
		Text     string    `json:"text,omitempty"`
	}
)

func (a *API) registerPolicies(r *registrar) {
	handle(r, "policy-list", a.listPolicies)
	handle(r, "policy-get", a.getPolicy)
	handle(r, "policy-history", a.policyHistory)
	handle(r, "policy-validate", a.validatePolicies, body(maxDocuments))
	handle(r, "policy-lint", a.lintPolicies, body(maxDocuments))
	handle(r, "policy-apply", a.applyPolicies, body(maxDocuments))
	handle(r, "policy-replay", a.replayPolicies, body(maxDocuments))
	handle(r, "policy-delete", a.deletePolicy)
	handle(r, "access-whatif", a.whatIf, body(maxDocuments))
	handle(r, "access-import", a.importPolicies, body(maxDocuments))
	handle(r, "access-export", a.exportPolicies)
}

func (a *API) listPolicies(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
},
) (*list[PolicySummary], error) {
	s, err := a.stored(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := make([]PolicySummary, len(s.docs))
	for i, d := range s.docs {
		out[i] = toSummary(d, s.revisions[d.ID], s.states[d.ID])
	}
	return pageOf(out, in.Paging, func(b PolicySummary) string { return b.ID })
}

// find returns a stored policy, or NotFound.
func (s *ruleset) find(id string) (*policy.Document, error) {
	if d := s.doc(id); d != nil {
		return d, nil
	}
	return nil, noPolicy(id)
}

func noPolicy(id string) error {
	return &fault.Error{Kind: fault.NotFound, Op: "api.policy", Key: id, Msg: "there is no such policy"}
}

func (a *API) getPolicy(ctx context.Context, c *caller, in *InPolicy) (*policyAnswer, error) {
	s, err := a.stored(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	d, err := s.find(in.Policy)
	if err != nil {
		return nil, err
	}
	out := &policyAnswer{}
	out.Body.PolicySummary = toSummary(d, s.revisions[d.ID], s.states[d.ID])
	out.Body.Text = string(s.revisions[d.ID].Text)
	out.Body.Document, err = d.JSON()
	return out, err
}

func (a *API) policyHistory(ctx context.Context, c *caller, in *struct {
	InPolicy
	Paging
},
) (*list[revisionBody], error) {
	all, err := a.Policies.History(ctx, c.Tenant, in.Policy)
	if err != nil {
		return nil, err
	}
	out := make([]revisionBody, len(all))
	for i, r := range all {
		out[i] = revisionBody{Revision: r.Number, Name: r.Name, Author: r.Author, Time: r.Time, Comment: r.Comment, Deleted: r.Deleted, Text: string(r.Text)}
	}
	return pageOf(out, in.Paging, func(b revisionBody) string { return strconv.FormatInt(b.Revision, 10) })
}

// brokenBy returns what would be wrong without a document and isn't yet. What is wrong already doesn't keep anybody
// from deleting: one document that this version can't read, or put into force, would hold all others fast.
func (a *API) brokenBy(s *ruleset, id string) policy.Problems {
	_, before := a.compile(s, s.docs)
	_, after := a.compile(s, s.without(id))
	return slices.DeleteFunc(after, func(p policy.Problem) bool { return slices.Contains(before, p) })
}

// deletePolicy works from the stored revision, not from the document in it, which may be unreadable.
func (a *API) deletePolicy(ctx context.Context, c *caller, in *struct {
	InPolicy
	Comment string `query:"comment" maxLength:"1000" doc:"Why, for the history."`
},
) (*nothing, error) {
	s, err := a.readable(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	last, ok := s.revisions[in.Policy]
	if !ok {
		return nil, noPolicy(in.Policy)
	}
	if problems := a.brokenBy(s, in.Policy); len(problems) > 0 {
		return nil, &wrong{kind: fault.Conflict, detail: "what would be left can't be put into force", mistakes: problemsOf(problems)}
	}
	gone := policy.Revision{Tenant: c.Tenant, ID: last.ID, Number: last.Number + 1, Kind: last.Kind, Name: last.Name, Deleted: true, Author: c.name(), Time: a.Now(), Comment: in.Comment}
	err = a.change(ctx, c, entry{
		kind: model.ActivityPolicyChange, action: "policy.delete", reason: in.Comment,
		objects: []model.Object{{Type: "policy", ID: gone.ID, Name: gone.Name}}, detail: map[string]any{"revision": gone.Number},
	}, func() error {
		_, err := a.Policies.PutDocuments(ctx, c.Tenant, []policy.Revision{gone})
		return err
	})
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalPolicy, c.Tenant)
	return &nothing{}, nil
}
