package api

import (
	"bytes"
	"context"
	"slices"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/lint"
	"github.com/referee-casb/referee/policy/rollout"
)

// maxDocuments bounds the documents of one request: the largest text that policy.Decode takes, as a JSON string.
const maxDocuments = 2 * policy.MaxTextSize

type (
	fileBody struct {
		Name string `json:"name,omitempty" maxLength:"500" doc:"Shown with mistakes."`
		Text string `json:"text" doc:"Documents as YAML (several, separated by ---) or JSON."`
	}
	// Documents is part of every input with documents.
	Documents struct {
		Files []fileBody `json:"files" maxItems:"500"`
	}
	// Checked is a document that is right by itself.
	Checked struct {
		ID   string      `json:"id"`
		Kind policy.Kind `json:"kind"`
		Name string      `json:"name"`
		File string      `json:"file,omitempty"`
	}
	findingBody struct {
		lint.Finding
		Line   int `json:"line,omitempty"`
		Column int `json:"column,omitempty"`
	}
)

// decode reads every file and reports every mistake of all of them.
func decode(files []fileBody) ([]*policy.Document, error) {
	var docs []*policy.Document
	var all policy.Problems
	for _, f := range files {
		found, problems := policy.Decode(f.Name, []byte(f.Text))
		docs, all = append(docs, found...), append(all, problems...)
	}
	if len(all) > 0 {
		return nil, &wrong{kind: fault.Invalid, detail: "the documents have mistakes", mistakes: problemsOf(all)}
	}
	return docs, nil
}

type validateAnswer struct {
	Body struct {
		Documents []Checked `json:"documents"`
		Refused   []Mistake `json:"refused" doc:"Right by themselves, but this installation can't put them into force."`
	}
}

func (a *API) validatePolicies(ctx context.Context, c *caller, in *struct {
	InTenant
	Body Documents
},
) (*validateAnswer, error) {
	docs, err := decode(in.Body.Files)
	if err != nil {
		return nil, err
	}
	out := &validateAnswer{}
	out.Body.Documents = []Checked{}
	for _, d := range docs {
		out.Body.Documents = append(out.Body.Documents, Checked{d.ID, d.Kind, d.Name, d.File})
	}
	known, err := a.knownTypes(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out.Body.Refused = problemsOf(append(policy.Refused(docs, a.config.Rules.Capabilities), known.Unknown(docs)...))
	return out, nil
}

type lintAnswer struct {
	Body struct {
		Findings []findingBody `json:"findings"`
		Errors   int           `json:"errors"`
		Warnings int           `json:"warnings"`
	}
}

func (a *API) lintPolicies(ctx context.Context, c *caller, in *struct {
	InTenant
	Body Documents
},
) (*lintAnswer, error) {
	docs, err := decode(in.Body.Files)
	if err != nil {
		return nil, err
	}
	s, err := a.stored(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	w, err := a.world(ctx, s)
	if err != nil {
		return nil, err
	}
	out := &lintAnswer{}
	out.Body.Findings = []findingBody{}
	for _, f := range lint.Run(s.with(docs), w) {
		out.Body.Findings = append(out.Body.Findings, findingBody{f, f.Pos.Line, f.Pos.Column})
		switch f.Severity {
		case lint.Error:
			out.Body.Errors++
		case lint.Warning:
			out.Body.Warnings++
		case lint.Info:
		}
	}
	return out, nil
}

// changeOf says what applying does to a document.
type changeOf string

const (
	created   changeOf = "created"
	changed   changeOf = "changed"
	unchanged changeOf = "unchanged"
)

type (
	appliedBody struct {
		Checked
		Change   changeOf     `json:"change" enum:"created,changed,unchanged"`
		Revision int64        `json:"revision" doc:"The new one, or the one it keeps."`
		Phase    policy.Phase `json:"phase,omitempty" doc:"Where its rollout stands afterwards."`
	}
	applyAnswer struct {
		Body struct {
			Applied   bool          `json:"applied" doc:"False for a dry run, and when nothing changed."`
			Documents []appliedBody `json:"documents"`
			Findings  []findingBody `json:"findings" doc:"Lint findings about the documents sent, and new ones about others."`
			Epoch     int64         `json:"epoch,omitempty" doc:"Of the tenant's rule book."`
		}
	}
)

// plan is what an apply would write.
type plan struct {
	answer    *applyAnswer
	revisions []policy.Revision
	rollouts  []moved
	objects   []model.Object
}

// moved is a document whose rollout moves with it, and what it was before.
type moved struct{ before, after *policy.Document }

func (a *API) applyPolicies(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		Documents
		DryRun  bool   `json:"dryRun,omitempty" doc:"Say what would be done, and do nothing."`
		Comment string `json:"comment,omitempty" maxLength:"1000" doc:"Why, for the history."`
		Force   bool   `json:"force,omitempty" doc:"Apply in spite of lint errors."`
	}
},
) (*applyAnswer, error) {
	docs, err := decode(in.Body.Files)
	if err != nil {
		return nil, err
	}
	s, err := a.readable(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	if err := s.whole(docs); err != nil {
		return nil, err
	}
	if _, problems := a.compile(s, s.with(docs)); len(problems) > 0 {
		return nil, &wrong{kind: fault.Invalid, detail: "the documents can't be put into force", mistakes: problemsOf(problems)}
	}
	if err := typed(s.types, docs); err != nil {
		return nil, err
	}
	if err := a.labelled(ctx, c.Tenant, docs); err != nil {
		return nil, err
	}
	p, err := a.plan(ctx, c, s, docs, in.Body.Comment)
	if err != nil {
		return nil, err
	}
	if err := a.story(ctx, s, docs, p, in.Body.Force); err != nil {
		return nil, err
	}
	if in.Body.DryRun || len(p.revisions)+len(p.rollouts) == 0 {
		return p.answer, nil
	}
	e := entry{kind: model.ActivityPolicyChange, action: "policy.apply", reason: in.Body.Comment, objects: p.objects}
	if in.Body.Force {
		e.detail = map[string]any{"force": true}
	}
	err = a.change(ctx, c, e, func() error {
		if len(p.revisions) == 0 {
			return nil
		}
		var err error
		p.answer.Body.Epoch, err = a.Policies.PutDocuments(ctx, c.Tenant, p.revisions)
		return err
	})
	if err != nil {
		return nil, err
	}
	// The documents are stored, all of them. A rollout that is missing now stands where its document says.
	late := a.settle(ctx, c, p)
	p.answer.Body.Applied = true
	a.changed(ctx, bus.SignalPolicy, c.Tenant)
	if late != nil {
		return nil, &fault.Error{Kind: fault.KindOf(late), Op: "api.apply", Msg: "the documents are applied, but a rollout could not be written", Help: "apply them again", Err: late}
	}
	return p.answer, nil
}

// plan compares the documents with the stored ones.
func (a *API) plan(ctx context.Context, c *caller, s *ruleset, docs []*policy.Document, comment string) (*plan, error) {
	now := a.Now()
	p := &plan{answer: &applyAnswer{}}
	p.answer.Body.Documents, p.answer.Body.Findings = []appliedBody{}, []findingBody{}
	for _, d := range docs {
		row := appliedBody{Checked: Checked{d.ID, d.Kind, d.Name, d.File}, Change: unchanged}
		before, have := s.revisions[d.ID], s.doc(d.ID)
		row.Revision = before.Number
		if !bytes.Equal(before.Text, d.Canonical()) {
			row.Change = changed
			last := before.Number
			if have == nil && before.Number == 0 {
				row.Change = created
				history, err := a.Policies.History(ctx, c.Tenant, d.ID)
				if err != nil && !fault.Is(err, fault.NotFound) {
					return nil, err
				}
				if len(history) > 0 {
					last = history[0].Number // it was deleted once
				}
			}
			r := d.Revise(c.Tenant, last, c.name(), comment)
			r.Time = now
			row.Revision = r.Number
			p.revisions = append(p.revisions, r)
			p.objects = append(p.objects, model.Object{Type: "policy", ID: d.ID, Name: d.Name, Role: string(row.Change)})
		}
		if st, ok := a.rolloutAfter(s, have, d, c); ok {
			row.Phase = st.Phase
			if st.Version > s.states[d.ID].Version {
				p.rollouts = append(p.rollouts, moved{have, d})
			}
		}
		p.answer.Body.Documents = append(p.answer.Body.Documents, row)
	}
	return p, nil
}

// rolloutAfter returns where a document's rollout stands after it was applied; ok is false when it has none.
func (a *API) rolloutAfter(s *ruleset, before, d *policy.Document, c *caller) (policy.RolloutState, bool) {
	now := a.Now()
	begin, ok := rollout.Begin(d, s.tenant, c.name(), now)
	if !ok {
		return policy.RolloutState{}, false
	}
	st, known := s.states[d.ID]
	switch {
	case !known:
		return begin, true
	case before == nil || before.Inline == nil || before.Inline.Rollout == nil:
		// It was deleted, or had no rollout for a while: what it once reached does not count any more.
		begin.Version = st.Version + 1
		begin.Steps = append(slices.Clone(st.Steps), begin.Steps...)
		return begin, true
	}
	return rollout.Revise(before, d, st, c.name(), now), true
}

// story lints what would be in force. Errors about the documents sent, and errors that come up with them, stop the
// apply unless it is forced.
func (a *API) story(ctx context.Context, s *ruleset, docs []*policy.Document, p *plan, force bool) error {
	w, err := a.world(ctx, s)
	if err != nil {
		return err
	}
	old := map[string]bool{}
	key := func(f lint.Finding) string { return f.Code + "\x00" + f.Document + "\x00" + f.Reason }
	for _, f := range lint.Run(s.docs, w) {
		old[key(f)] = true
	}
	var stops []Mistake
	for _, f := range lint.Run(s.with(docs), w) {
		sent := slices.ContainsFunc(docs, func(d *policy.Document) bool { return d.ID == f.Document })
		if old[key(f)] && !sent {
			continue
		}
		p.answer.Body.Findings = append(p.answer.Body.Findings, findingBody{f, f.Pos.Line, f.Pos.Column})
		if f.Severity == lint.Error {
			stops = append(stops, Mistake{
				Message: f.Reason, Location: f.Path, File: f.File, Line: f.Pos.Line, Column: f.Pos.Column, Document: f.Document,
				Advice: f.Fix, Code: f.Code, Severity: string(f.Severity),
			})
		}
	}
	if len(stops) > 0 && !force {
		return &wrong{kind: fault.Invalid, detail: "the policies together don't do what they say", help: "mend them, or apply with force", mistakes: stops}
	}
	return nil
}

// settle writes the rollouts that move with their documents. Whoever runs rollouts may move one at the same moment:
// then it is looked at again.
func (a *API) settle(ctx context.Context, c *caller, p *plan) error {
	const tries = 5
	for _, m := range p.rollouts {
		for try := 1; ; try++ {
			s := &ruleset{tenant: c.Tenant, states: map[string]policy.RolloutState{}}
			states, err := a.Policies.Rollouts(ctx, c.Tenant)
			if err != nil {
				return err
			}
			for _, st := range states {
				s.states[st.Policy] = st
			}
			st, ok := a.rolloutAfter(s, m.before, m.after, c)
			if !ok || st.Version == s.states[m.after.ID].Version {
				break
			}
			err = a.Policies.PutRollout(ctx, st)
			if err == nil {
				break
			}
			if !fault.Is(err, fault.Conflict) || try == tries {
				return err
			}
		}
	}
	return nil
}
