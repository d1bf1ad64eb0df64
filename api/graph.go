package api

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/graph"
	"github.com/referee-casb/referee/tenant"
)

type (
	importBody struct {
		Files     []fileBody          `json:"files" minItems:"1" maxItems:"500" doc:"Graph's JSON: one policy, a list, or the answer of a list request."`
		Apps      map[string][]string `json:"apps,omitempty" doc:"Which apps here an application of Entra stands for, by application id; beside Microsoft's own."`
		Locations map[string]string   `json:"locations,omitempty" doc:"Names of named locations by their id in Graph."`
		Provider  model.ProviderID    `json:"provider,omitempty" maxLength:"64" doc:"The identity provider that stands for the directory; when left out, the only one with the preset entra."`
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

func (a *API) importPolicies(ctx context.Context, c *caller, in *struct {
	InTenant
	Body importBody
},
) (*importAnswer, error) {
	names, err := a.graphNames(ctx, c.Tenant, in.Body.Provider)
	if err != nil {
		return nil, err
	}
	var docs []*policy.Document
	var problems policy.Problems
	importer := graph.NewImporter(names.With(in.Body.Apps, in.Body.Locations))
	for _, f := range in.Body.Files {
		found, wrong := importer.Import(f.Name, []byte(f.Text))
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
	Policy   string           `query:"policy" maxLength:"64" doc:"One policy only."`
	Provider model.ProviderID `query:"provider" maxLength:"64" doc:"The identity provider that stands for the directory; when left out, the only one with the preset entra."`
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
	names, err := a.graphNames(ctx, c.Tenant, in.Provider)
	if err != nil {
		return nil, err
	}
	out := &exportAnswer{}
	out.Body.Policies, out.Body.Losses = graph.Export(docs, names)
	return out, nil
}

// graphNames returns Microsoft's apps, and how the people of the provider are known; an id of "" means the only
// provider that is Entra.
func (a *API) graphNames(ctx context.Context, id model.TenantID, provider model.ProviderID) (graph.Names, error) {
	names := catalog.GraphNames()
	t, err := a.Tenants.Tenant(ctx, id)
	if err != nil {
		return names, err
	}
	at, entra := -1, 0
	for i, p := range t.Providers {
		switch {
		case p.ID == provider:
			at = i
		case provider == "" && p.Preset == "entra":
			at, entra = i, entra+1
		}
	}
	switch {
	case provider != "" && at < 0:
		return names, &fault.Error{Kind: fault.Invalid, Op: "api.conditionalAccess", Key: string(provider), Msg: "is no identity provider of this tenant", Help: "list them with referee provider list"}
	case at < 0 || entra > 1:
		return names, nil // what names people says that a provider has to be named
	}
	names.Provider, names.PlainIDs = t.Providers[at].ID, t.Providers[at].Subjects == tenant.SubjectsPlain
	return names, nil
}
