package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// asOf makes the rule book as it was when an activity happened, and says what has changed since. Documents come
// from their history and phases from the rollouts' steps. An exception that was ended before its time counts as
// never given: only its last state is kept.
func (a *API) asOf(ctx context.Context, s *ruleset, act *model.Activity) (*policy.Book, []string, error) {
	ids := make([]string, 0, len(s.docs)+len(act.Policies))
	for _, d := range s.docs {
		ids = append(ids, d.ID)
	}
	for _, p := range act.Policies { // those that took part are known even when they are deleted by now
		if !slices.Contains(ids, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	past := &ruleset{tenant: s.tenant, revisions: map[string]policy.Revision{}, states: map[string]policy.RolloutState{}, exceptions: exceptionsAt(s, act)}
	changes := []string{}
	for _, id := range ids {
		history, err := a.Policies.History(ctx, s.tenant, id)
		if fault.Is(err, fault.NotFound) {
			continue // built in
		}
		if err != nil {
			return nil, nil, err
		}
		r, known := revisionAt(history, act)
		if note := changeSince(history[0], r, known); note != "" {
			changes = append(changes, note)
		}
		if !known || r.Deleted {
			continue
		}
		docs, problems := policy.Decode("", r.Text)
		if len(problems) > 0 || len(docs) != 1 {
			return nil, nil, broken(id, problems)
		}
		past.docs = append(past.docs, docs[0])
		past.revisions[id] = r
		if st, ok := s.states[id]; ok {
			then, now := phaseAt(st, act.Time), st.Phase
			if then != now && then != "" {
				changes = append(changes, fmt.Sprintf("%s was in its %s phase and is in its %s phase now", id, then, now))
			}
			if then != "" {
				st.Phase = then
			}
			past.states[id] = st
		}
	}
	book, problems := a.compile(past, past.docs)
	if len(problems) > 0 {
		return nil, nil, broken(string(act.ID), problems)
	}
	return book, changes, nil
}

// exceptionsAt returns the exceptions as far as they are known to have held when an activity happened.
func exceptionsAt(s *ruleset, act *model.Activity) []policy.Exception {
	e := liftedBy(s, act)
	if e == nil || e.State == policy.ExceptionApproved {
		return s.exceptions
	}
	held := *e
	held.State, held.Decided = policy.ExceptionApproved, held.Requested
	return append(slices.Clone(s.exceptions), held)
}

// revisionAt returns the revision of a document that decided: the one that the activity names, else the one in
// force at the time. History is newest first.
func revisionAt(history []policy.Revision, act *model.Activity) (policy.Revision, bool) {
	for _, ref := range act.Policies {
		for _, r := range history {
			if r.ID == ref.ID && r.Number == ref.Revision {
				return r, true
			}
		}
	}
	for _, r := range history {
		if !r.Time.After(act.Time) {
			return r, true
		}
	}
	return policy.Revision{}, false
}

func changeSince(latest, then policy.Revision, known bool) string {
	on := func(r policy.Revision) string { return r.Time.UTC().Format("2006-01-02 15:04 UTC") }
	switch {
	case known && latest.Number == then.Number:
		return ""
	case (!known || then.Deleted) && latest.Deleted:
		return ""
	case !known || then.Deleted:
		return fmt.Sprintf("%s was added on %s by %s", latest.ID, on(latest), latest.Author)
	case latest.Deleted:
		return fmt.Sprintf("%s was deleted on %s by %s", latest.ID, on(latest), latest.Author)
	}
	return fmt.Sprintf("%s was changed on %s by %s: revision %d then, %d now", latest.ID, on(latest), latest.Author, then.Number, latest.Number)
}

// phaseAt returns the phase of a rollout at a time, "" before it began.
func phaseAt(st policy.RolloutState, at time.Time) policy.Phase {
	var phase policy.Phase
	for _, step := range st.Steps {
		if !step.At.After(at) {
			phase = step.To
		}
	}
	return phase
}
