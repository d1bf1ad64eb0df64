package api

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/graph"
)

type (
	importBody struct {
		Files     []fileBody          `json:"files" minItems:"1" maxItems:"500" doc:"Graph's JSON: one policy, a list, or the answer of a list request."`
		Apps      map[string][]string `json:"apps,omitempty" doc:"Which apps here an application of Entra stands for, by application id; beside Microsoft's own."`
		Locations map[string]string   `json:"locations,omitempty" doc:"Names of named locations by their id in Graph."`
	}
	importAnswer struct {
		Body struct {
			Documents []Checked `json:"documents"`
			Text      string    `json:"text" doc:"The documents as YAML."`
			Problems  []Mistake `json:"problems" doc:"What documents can't say; a policy with a problem is not among the documents."`
		}
	}
	exportAnswer struct {
		Body struct {
			Policies json.RawMessage `json:"policies" doc:"The answer of a list request as Graph gives it: {value: […]}."`
			Losses   []graph.Loss    `json:"losses"`
		}
	}
)

func (a *API) importPolicies(_ context.Context, _ *caller, in *struct {
	InTenant
	Body importBody
},
) (*importAnswer, error) {
	names := catalog.GraphNames().With(in.Body.Apps, in.Body.Locations)
	var docs []*policy.Document
	var problems policy.Problems
	for _, f := range in.Body.Files {
		found, wrong := graph.Import(f.Name, []byte(f.Text), names)
		docs, problems = append(docs, found...), append(problems, wrong...)
	}
	out := &importAnswer{}
	out.Body.Documents, out.Body.Problems = []Checked{}, problemsOf(problems)
	for _, d := range docs {
		out.Body.Documents = append(out.Body.Documents, Checked{d.ID, d.Kind, d.Name, d.File})
	}
	out.Body.Text = graph.Text(docs)
	return out, nil
}

func (a *API) exportPolicies(ctx context.Context, c *caller, in *struct {
	InTenant
	Policy string `query:"policy" maxLength:"64" doc:"One policy only."`
},
) (*exportAnswer, error) {
	s, err := a.stored(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	docs := s.docs
	if in.Policy != "" {
		d, err := s.find(in.Policy)
		if err != nil {
			return nil, err
		}
		docs = []*policy.Document{d}
	}
	out := &exportAnswer{}
	out.Body.Policies, out.Body.Losses = graph.Export(docs, catalog.GraphNames())
	return out, nil
}
