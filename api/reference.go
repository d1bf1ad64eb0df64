package api

import (
	"context"
	"slices"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/entity"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/template"
)

type (
	fieldBody struct {
		Name    string       `json:"name"`
		Title   string       `json:"title"`
		Kind    string       `json:"kind" enum:"text,enum,id,number,time,bool,address"`
		Many    bool         `json:"many,omitempty" doc:"Several values at once."`
		Fold    bool         `json:"fold,omitempty" doc:"Compared without regard to case."`
		Doc     string       `json:"doc"`
		Values  []choiceBody `json:"values,omitempty"`
		Aliases []string     `json:"aliases,omitempty"`
	}
	choiceBody struct {
		Name  string `json:"name"`
		Title string `json:"title,omitempty"`
	}
	operatorBody struct {
		Name string `json:"name"`
		Doc  string `json:"doc"`
	}
	fieldsAnswer struct {
		Body struct {
			Entity    string         `json:"entity"`
			Fields    []fieldBody    `json:"fields"`
			Operators []operatorBody `json:"operators"`
		}
	}
	paramBody struct {
		Name    string   `json:"name"`
		Title   string   `json:"title"`
		Default string   `json:"default,omitempty"`
		Choices []string `json:"choices,omitempty"`
		Needed  bool     `json:"needed,omitempty"`
	}
	templateBody struct {
		ID     string      `json:"id"`
		Title  string      `json:"title"`
		Doc    string      `json:"doc"`
		Params []paramBody `json:"params"`
	}
	madeAnswer struct {
		Body struct {
			Text string `json:"text" doc:"The documents as YAML, to read, change and apply."`
		}
	}
	versionAnswer struct {
		Body struct {
			Version      string              `json:"version"`
			Capabilities policy.Capabilities `json:"capabilities" doc:"What this installation can do beyond deciding on metadata."`
		}
	}
)

func (a *API) registerReference(r *registrar) {
	handle(r, "field-list", a.listFields)
	handle(r, "catalog-list", a.listCatalog)
	handle(r, "template-list", a.listTemplates)
	handle(r, "template-make", a.makeTemplate)
	handle(r, "version", func(context.Context, *caller, *struct{}) (*versionAnswer, error) {
		out := &versionAnswer{}
		out.Body.Version, out.Body.Capabilities = a.config.Version, a.config.Rules.Capabilities
		return out, nil
	})
}

func (a *API) listFields(_ context.Context, _ *caller, in *struct {
	Entity string `query:"entity" enum:"activity,policy,policyFile" default:"activity" doc:"Whose fields: those of recorded activities, or those that a policy's activities or files filter may name."`
},
) (*fieldsAnswer, error) {
	var infos []*filter.Info
	switch in.Entity {
	case "policy":
		infos = policy.Fields()
	case "policyFile":
		infos = policy.FileFields()
	default:
		infos = entity.Activity.Fields()
	}
	out := &fieldsAnswer{}
	out.Body.Entity, out.Body.Fields, out.Body.Operators = in.Entity, []fieldBody{}, []operatorBody{}
	for _, f := range infos {
		b := fieldBody{Name: f.Name, Title: f.Title, Kind: f.Kind.String(), Many: f.Many, Fold: f.Fold, Doc: f.Doc, Aliases: f.Aliases}
		for _, v := range f.Values {
			b.Values = append(b.Values, choiceBody{v.Name, v.Title})
		}
		out.Body.Fields = append(out.Body.Fields, b)
	}
	for _, o := range filter.Operators() {
		out.Body.Operators = append(out.Body.Operators, operatorBody{string(o.Name), o.Doc})
	}
	return out, nil
}

func (a *API) listCatalog(_ context.Context, _ *caller, in *struct{ Paging }) (*list[catalog.App], error) {
	return pageOf(catalog.Apps(), in.Paging, func(app catalog.App) string { return app.Key })
}

func (a *API) listTemplates(_ context.Context, _ *caller, in *struct{ Paging }) (*list[templateBody], error) {
	var out []templateBody
	for _, t := range template.All() {
		b := templateBody{ID: t.ID, Title: t.Title, Doc: t.Doc, Params: []paramBody{}}
		for _, p := range t.Params {
			b.Params = append(b.Params, paramBody{p.Name, p.Title, p.Default, p.Choices, p.Needed})
		}
		out = append(out, b)
	}
	return pageOf(out, in.Paging, func(b templateBody) string { return b.ID })
}

func (a *API) makeTemplate(_ context.Context, _ *caller, in *struct {
	Template string `path:"template" maxLength:"64" doc:"Id of the template."`
	Body     struct {
		Values map[string]string `json:"values,omitempty" doc:"By parameter; lists are separated by commas."`
	}
},
) (*madeAnswer, error) {
	all := template.All()
	i := slices.IndexFunc(all, func(t template.Template) bool { return t.ID == in.Template })
	if i < 0 {
		return nil, &fault.Error{Kind: fault.NotFound, Op: "api.makeTemplate", Key: in.Template, Msg: "there is no such template"}
	}
	docs, err := all[i].Make(in.Body.Values)
	if err != nil {
		return nil, err
	}
	out := &madeAnswer{}
	for n, d := range docs {
		if n > 0 {
			out.Body.Text += "---\n"
		}
		out.Body.Text += string(d.Canonical())
	}
	return out, nil
}
