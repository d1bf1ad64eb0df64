package api

import (
	"context"

	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// knownTypes are the information types that a tenant's policies may name.
func (a *API) knownTypes(ctx context.Context, tenant model.TenantID) (*policy.InfoTypes, error) {
	set, err := a.Library.Of(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return InfoTypesOf(set), nil
}

// InfoTypesOf is a set of types as policies know it.
func InfoTypesOf(set *own.Set) *policy.InfoTypes {
	out := &policy.InfoTypes{Bundles: map[string][]string{}}
	for i := range set.Types {
		out.Types = append(out.Types, set.Types[i].ID)
	}
	out.Types = append(out.Types, set.Waiting...) // until their tables come, content is unscannable for them
	for _, b := range set.Bundles {
		out.Bundles[b.ID] = b.Types
	}
	return out
}

// typed refuses documents that name information types that there are not.
func typed(known *policy.InfoTypes, docs []*policy.Document) error {
	if problems := known.Unknown(docs); len(problems) > 0 {
		return &wrong{kind: fault.Invalid, detail: "the documents name information types that there are not", mistakes: problemsOf(problems)}
	}
	return nil
}
