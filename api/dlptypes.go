package api

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// maxTypes bounds a request with documents of types: the largest text that own.Decode takes, as a JSON string.
const maxTypes = 2*own.MaxText + 1<<20

type (
	// InType is part of every input about one type.
	InType struct {
		InTenant
		Type string `path:"type" maxLength:"64" doc:"Id of the information type or bundle."`
	}
	// TypeSummary is an information type in a list.
	TypeSummary struct {
		ID         string    `json:"id"`
		Name       string    `json:"name"`
		Group      string    `json:"group"`
		Countries  []string  `json:"countries" doc:"ISO 3166-1 alpha-2; empty for types of no country."`
		Confidence []int     `json:"confidence" doc:"The levels that it is found with."`
		GUID       string    `json:"guid,omitempty" doc:"Microsoft Purview's id, where it is public."`
		Own        bool      `json:"own" doc:"The tenant's; else it is built in."`
		Kind       own.Kind  `json:"kind,omitempty" doc:"Of the tenant's document."`
		Revision   int64     `json:"revision,omitempty"`
		Author     string    `json:"author,omitempty"`
		Time       time.Time `json:"time,omitzero"`
		Comment    string    `json:"comment,omitempty"`
	}
	typeAnswer struct {
		Body struct {
			TypeSummary
			About      string               `json:"about,omitempty"`
			Source     string               `json:"source,omitempty" doc:"The specification that its check is from."`
			Proximity  int                  `json:"proximity,omitempty" doc:"How many characters away a keyword may be."`
			Keywords   []string             `json:"keywords" doc:"The first hundred."`
			Patterns   []patternDescription `json:"patterns"`
			Similarity []int                `json:"similarity,omitempty" doc:"Of a document fingerprint: per cent for confidence 65, 75 and 85, 0 for none."`
			Types      []string             `json:"types,omitempty" doc:"Of a bundle."`
			Policies   []string             `json:"policies" doc:"Ids of the policies that name it."`
			Text       string               `json:"text,omitempty" doc:"The tenant's document, as it is kept."`
		}
	}
	patternDescription dlp.PatternDescription
	bundleBody         struct {
		ID    string   `json:"id"`
		Name  string   `json:"name"`
		Types []string `json:"types"`
		Own   bool     `json:"own"`
	}
	typeRevision struct {
		Revision int64     `json:"revision"`
		Kind     own.Kind  `json:"kind"`
		Name     string    `json:"name"`
		Author   string    `json:"author"`
		Time     time.Time `json:"time"`
		Comment  string    `json:"comment,omitempty"`
		Deleted  bool      `json:"deleted,omitempty"`
		Text     string    `json:"text,omitempty" doc:"Of the newest ten revisions."`
	}
	typeChange struct {
		ID       string   `json:"id"`
		Kind     own.Kind `json:"kind"`
		Name     string   `json:"name"`
		Change   changeOf `json:"change" enum:"created,changed,unchanged"`
		Revision int64    `json:"revision" doc:"The new one, or the one it keeps."`
	}
	typesApplied struct {
		Body struct {
			Applied   bool         `json:"applied" doc:"False for a dry run, and when nothing changed."`
			Documents []typeChange `json:"documents"`
		}
	}
)

func (a *API) registerTypes(r *registrar) {
	handle(r, "dlp-type-list", a.listTypes)
	handle(r, "dlp-type-get", a.getType)
	handle(r, "dlp-type-history", a.typeHistory)
	handle(r, "dlp-type-apply", a.applyTypes, body(maxTypes))
	handle(r, "dlp-type-delete", a.deleteType)
	handle(r, "dlp-bundle-list", a.listBundles)
}

// typeSet is what is stored for a tenant.
func (a *API) typeSet(ctx context.Context, tenant model.TenantID) (*own.Set, map[string]own.Revision, error) {
	revisions, epoch, err := a.InfoTypes.Types(ctx, tenant)
	if err != nil {
		return nil, nil, err
	}
	set, err := a.Library.Of(ctx, tenant)
	if err != nil {
		a.Log.ErrorContext(ctx, "types not read", "tenant", tenant, "err", err)
		set, _ = own.Load(revisions, epoch) // what can't be read can still be removed, or applied again
	}
	if epoch != set.Revision {
		return nil, nil, &fault.Error{Kind: fault.Conflict, Op: "api.typeSet", Msg: "the types are being changed by somebody else", Help: "try again"}
	}
	by := make(map[string]own.Revision, len(revisions))
	for _, r := range revisions {
		by[r.ID] = r
	}
	return set, by, nil
}

func summaryOf(t *dlp.Type, r own.Revision) TypeSummary {
	d := dlp.Describe(t)
	return TypeSummary{
		ID: d.ID, Name: d.Name, Group: d.Group, Countries: append([]string{}, d.Countries...), Confidence: d.Confidence, GUID: d.GUID,
		Own: r.ID != "", Kind: r.Kind, Revision: r.Number, Author: r.Author, Time: r.Time, Comment: r.Comment,
	}
}

func (a *API) listTypes(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
	Own bool `query:"own" doc:"Only the tenant's."`
},
) (*list[TypeSummary], error) {
	set, revisions, err := a.typeSet(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := []TypeSummary{}
	for i := range set.Types {
		if r, mine := revisions[set.Types[i].ID]; mine || !in.Own {
			out = append(out, summaryOf(&set.Types[i], r))
		}
	}
	slices.SortFunc(out, func(x, y TypeSummary) int { return strings.Compare(x.ID, y.ID) })
	return pageOf(out, in.Paging, func(s TypeSummary) string { return s.ID })
}

func (a *API) listBundles(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
},
) (*list[bundleBody], error) {
	set, revisions, err := a.typeSet(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := make([]bundleBody, len(set.Bundles))
	for i, b := range set.Bundles {
		_, mine := revisions[b.ID]
		out[i] = bundleBody{b.ID, b.Name, append([]string{}, b.Types...), mine}
	}
	slices.SortFunc(out, func(x, y bundleBody) int { return strings.Compare(x.ID, y.ID) })
	return pageOf(out, in.Paging, func(b bundleBody) string { return b.ID })
}

func noType(id string) error {
	return &fault.Error{Kind: fault.NotFound, Op: "api.type", Key: id, Msg: "there is no such information type", Help: "list them with `referee dlp types list --stored`"}
}

func (a *API) getType(ctx context.Context, c *caller, in *InType) (*typeAnswer, error) {
	const shown = 100
	set, revisions, err := a.typeSet(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	r := revisions[in.Type]
	out := &typeAnswer{}
	b := &out.Body
	if i := slices.IndexFunc(set.Types, func(t dlp.Type) bool { return t.ID == in.Type }); i >= 0 {
		d := dlp.Describe(&set.Types[i])
		b.TypeSummary = summaryOf(&set.Types[i], r)
		b.About, b.Source, b.Proximity, b.Similarity = d.About, d.Source, d.Proximity, d.Similarity
		b.Keywords, b.Patterns = append([]string{}, d.Keywords[:min(shown, len(d.Keywords))]...), []patternDescription{}
		for _, p := range d.Patterns {
			p.Keywords, p.Without = p.Keywords[:min(shown, len(p.Keywords))], p.Without[:min(shown, len(p.Without))]
			b.Patterns = append(b.Patterns, patternDescription(p))
		}
	} else if i := slices.IndexFunc(set.Bundles, func(v dlp.Bundle) bool { return v.ID == in.Type }); i >= 0 {
		v := set.Bundles[i]
		b.TypeSummary = summaryOf(&dlp.Type{ID: v.ID, Name: v.Name, Group: "bundle"}, r)
		b.Types, b.Keywords, b.Patterns = v.Types, []string{}, []patternDescription{}
	} else {
		return nil, noType(in.Type)
	}
	b.Text = string(r.Text)
	b.Policies, err = a.naming(ctx, c.Tenant, in.Type)
	return out, err
}

// naming lists the policies that name a type or bundle. One that can't be read any more counts when its text has the id.
func (a *API) naming(ctx context.Context, tenant model.TenantID, id string) ([]string, error) {
	s, err := a.readable(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, d := range s.docs {
		if d.Inline == nil {
			continue
		}
		for _, t := range d.Inline.Inspection.Types {
			if t.Type == id && !slices.Contains(out, d.ID) {
				out = append(out, d.ID)
			}
		}
	}
	for _, u := range s.unread {
		if strings.Contains(string(s.revisions[u.id].Text), id) {
			out = append(out, u.id)
		}
	}
	return out, nil
}

func (a *API) typeHistory(ctx context.Context, c *caller, in *struct {
	InType
	Paging
},
) (*list[typeRevision], error) {
	all, err := a.InfoTypes.TypeHistory(ctx, c.Tenant, in.Type)
	if fault.Is(err, fault.NotFound) {
		return nil, noType(in.Type)
	}
	if err != nil {
		return nil, err
	}
	out := make([]typeRevision, len(all))
	for i, r := range all {
		out[i] = typeRevision{r.Number, r.Kind, r.Name, r.Author, r.Time, r.Comment, r.Deleted, string(r.Text)}
	}
	return pageOf(out, in.Paging, func(r typeRevision) string { return strconv.FormatInt(r.Revision, 10) })
}

// decodeTypes reads every file and reports every mistake of all of them.
func decodeTypes(files []fileBody) ([]own.Document, error) {
	var docs []own.Document
	var all []Mistake
	seen := map[string]bool{}
	total := 0
	for _, f := range files {
		if total += len(f.Text); total > maxTypes {
			return nil, fault.New(fault.Limited, "api.decodeTypes", "the files are longer than %d MiB together", maxTypes>>20)
		}
		found, mistakes := own.Decode([]byte(f.Text))
		for _, d := range found {
			if seen[d.ID] {
				mistakes = append(mistakes, filter.Mistake{Path: "id", Reason: d.ID + " is in two files", Advice: "give each document its own id"})
			}
			seen[d.ID] = true
		}
		for _, m := range mistakesOf(mistakes) {
			m.File = f.Name
			all = append(all, m)
		}
		docs = append(docs, found...)
	}
	if len(all) > 0 {
		return nil, &wrong{kind: fault.Invalid, detail: "the documents have mistakes", mistakes: all}
	}
	return docs, nil
}

func (a *API) applyTypes(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		Documents
		DryRun  bool   `json:"dryRun,omitempty" doc:"Say what would be done, and do nothing."`
		Comment string `json:"comment,omitempty" maxLength:"1000" doc:"Why, for the history."`
	}
},
) (*typesApplied, error) {
	docs, err := decodeTypes(in.Body.Files)
	if err != nil {
		return nil, err
	}
	set, have, err := a.typeSet(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	if _, err := set.With(docs); err != nil {
		return nil, err
	}
	out := &typesApplied{}
	out.Body.Documents = []typeChange{}
	var revisions []own.Revision
	var objects []model.Object
	for _, d := range docs {
		change := typeChange{ID: d.ID, Kind: d.Kind, Name: d.Name, Change: created}
		old, there := have[d.ID]
		number := old.Number
		switch {
		case there && bytes.Equal(old.Text, d.Text):
			change.Change = unchanged
		case there:
			change.Change = changed
		default:
			if number, err = a.lastNumber(ctx, c.Tenant, d.ID); err != nil {
				return nil, err
			}
		}
		if change.Change != unchanged {
			number++
			revisions = append(revisions, own.Revision{
				Tenant: c.Tenant, ID: d.ID, Number: number, Kind: d.Kind, Name: d.Name, Text: d.Text, Author: c.Token.Name, Time: a.Now(), Comment: in.Body.Comment,
			})
			objects = append(objects, model.Object{Type: "informationType", ID: d.ID, Name: d.Name})
		}
		change.Revision = number
		out.Body.Documents = append(out.Body.Documents, change)
	}
	if in.Body.DryRun || len(revisions) == 0 {
		return out, nil
	}
	err = a.change(ctx, c, entry{kind: model.ActivityAdmin, action: "informationType.apply", objects: objects, reason: in.Body.Comment}, func() error {
		_, err := a.InfoTypes.PutTypes(ctx, c.Tenant, set.Revision, revisions)
		return err
	})
	if out.Body.Applied = err == nil; out.Body.Applied {
		a.changed(ctx, bus.SignalPolicy, c.Tenant)
	}
	return out, err
}

// lastNumber is that of a document that was deleted, 0 when there never was one.
func (a *API) lastNumber(ctx context.Context, tenant model.TenantID, id string) (int64, error) {
	all, err := a.InfoTypes.TypeHistory(ctx, tenant, id)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return all[0].Number, nil
}

func (a *API) deleteType(ctx context.Context, c *caller, in *struct {
	InType
	Comment string `query:"comment" maxLength:"1000" doc:"Why, for the history."`
},
) (*nothing, error) {
	const op = "api.deleteType"
	set, have, err := a.typeSet(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	old, there := have[in.Type]
	if !there {
		if slices.ContainsFunc(own.BuiltIn().Types, func(t dlp.Type) bool { return t.ID == in.Type }) {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: in.Type, Msg: "is a built-in type, which can't be removed"}
		}
		return nil, noType(in.Type)
	}
	named, err := a.naming(ctx, c.Tenant, in.Type)
	if err != nil {
		return nil, err
	}
	if len(named) > 0 {
		return nil, &fault.Error{Kind: fault.Conflict, Op: op, Key: in.Type, Msg: "the policies " + strings.Join(named, ", ") + " look for it", Help: "take it out of these policies first"}
	}
	if _, err := set.With(nil, in.Type); err != nil { // a bundle has it
		return nil, &fault.Error{Kind: fault.Conflict, Op: op, Key: in.Type, Msg: "a bundle has it", Help: "take it out of the bundle first", Err: err}
	}
	err = a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "informationType.delete", objects: []model.Object{{Type: "informationType", ID: old.ID, Name: old.Name}}, reason: in.Comment,
	}, func() error {
		_, err := a.InfoTypes.PutTypes(ctx, c.Tenant, set.Revision, []own.Revision{{
			Tenant: c.Tenant, ID: old.ID, Number: old.Number + 1, Kind: old.Kind, Name: old.Name, Deleted: true, Author: c.Token.Name, Time: a.Now(), Comment: in.Comment,
		}})
		return err
	})
	if err == nil {
		a.changed(ctx, bus.SignalPolicy, c.Tenant)
	}
	return &nothing{}, err
}
