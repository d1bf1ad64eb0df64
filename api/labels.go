package api

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

type (
	// LabelSummary is a label in a list.
	LabelSummary struct {
		taxonomy.Label
		Path     string `json:"path" doc:"Its name, with its parent's before it."`
		Priority int    `json:"priority" doc:"Higher is more sensitive."`
	}
	labelAnswer struct {
		Body struct {
			LabelSummary
			SiteID   string   `json:"siteId" doc:"Id of the Entra tenant."`
			Revision int64    `json:"revision"`
			Policies []string `json:"policies" doc:"Ids of the policies that give it to files."`
		}
	}
	labelRevision struct {
		Revision int64     `json:"revision"`
		Name     string    `json:"name" doc:"How many labels."`
		Author   string    `json:"author"`
		Time     time.Time `json:"time"`
		Comment  string    `json:"comment,omitempty"`
		Text     string    `json:"text"`
	}
	labelDocument struct {
		Body struct {
			Revision int64  `json:"revision" doc:"0: there is none yet."`
			Text     string `json:"text" doc:"The document, as it can be applied."`
		}
	}
	labelsApplied struct {
		Body struct {
			Applied  bool     `json:"applied" doc:"False for a dry run, and when nothing changed."`
			Revision int64    `json:"revision"`
			Added    []string `json:"added" doc:"Names of labels."`
			Changed  []string `json:"changed"`
			Removed  []string `json:"removed"`
		}
	}
	labelsImported struct {
		Body struct {
			Text  string   `json:"text" doc:"A document to apply."`
			Notes []string `json:"notes" doc:"What was assumed."`
		}
	}
)

func (a *API) registerLabels(r *registrar) {
	handle(r, "label-list", a.listLabels)
	handle(r, "label-get", a.getLabel)
	handle(r, "label-document", a.labelDocument)
	handle(r, "label-history", a.labelHistory)
	handle(r, "label-apply", a.applyLabels, body(2*taxonomy.MaxText))
	handle(r, "label-import", a.importLabels, body(2*taxonomy.MaxText))
}

func summaryOfLabel(s *taxonomy.Set, i int) LabelSummary {
	return LabelSummary{s.Labels[i], s.Path(&s.Labels[i]), i}
}

func (a *API) listLabels(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
},
) (*list[LabelSummary], error) {
	r, err := a.Labels.Labels(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := make([]LabelSummary, len(r.Set.Labels))
	for i := range out {
		out[i] = summaryOfLabel(&r.Set, i)
	}
	return pageOf(out, in.Paging, func(l LabelSummary) string { return padded(l.Priority) })
}

// padded is a number that sorts as text.
func padded(n int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, 6-len(s))) + s
}

func (a *API) getLabel(ctx context.Context, c *caller, in *struct {
	InTenant
	Label string `path:"label" maxLength:"400" doc:"Id or name of the label."`
},
) (*labelAnswer, error) {
	r, err := a.Labels.Labels(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	l, ok := r.Set.Find(in.Label)
	if !ok {
		return nil, &fault.Error{Kind: fault.NotFound, Op: "api.label", Key: in.Label, Msg: "is no sensitivity label of the tenant, or several have the name", Help: "referee label list shows them"}
	}
	out := &labelAnswer{}
	out.Body.LabelSummary = summaryOfLabel(&r.Set, r.Set.Priority(l.ID))
	out.Body.SiteID, out.Body.Revision, out.Body.Policies = r.Set.SiteID, r.Number, []string{}
	s, err := a.readable(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	for _, d := range s.docs {
		if named, ok := r.Set.Find(labelOf(d)); ok && named.ID == l.ID {
			out.Body.Policies = append(out.Body.Policies, d.ID)
		}
	}
	return out, nil
}

// labelOf is the label that a policy gives to files, "" for others.
func labelOf(d *policy.Document) string {
	if d.Inline == nil {
		return ""
	}
	return d.Inline.Protect.Label
}

func (a *API) labelDocument(ctx context.Context, c *caller, _ *InTenant) (*labelDocument, error) {
	r, err := a.Labels.Labels(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := &labelDocument{}
	out.Body.Revision = r.Number
	if r.Number > 0 {
		out.Body.Text, err = pretty(&r.Set)
	}
	return out, err
}

func pretty(s *taxonomy.Set) (string, error) {
	text, err := s.Text()
	if err != nil {
		return "", fault.As(err, fault.Internal, "api.labels", "")
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return "", fault.As(err, fault.Internal, "api.labels", "")
	}
	text, err = json.MarshalIndent(v, "", "  ")
	return string(text) + "\n", fault.As(err, fault.Internal, "api.labels", "")
}

func (a *API) labelHistory(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
},
) (*list[labelRevision], error) {
	all, err := a.Labels.LabelHistory(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := make([]labelRevision, len(all))
	for i := range all {
		r := &all[i]
		text, err := pretty(&r.Set)
		if err != nil {
			return nil, err
		}
		out[i] = labelRevision{r.Number, strconv.Itoa(len(r.Set.Labels)) + " labels", r.Author, r.Time, r.Comment, text}
	}
	return pageOf(out, in.Paging, func(r labelRevision) string { return strconv.FormatInt(r.Revision, 10) })
}

func (a *API) applyLabels(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		Documents
		DryRun  bool   `json:"dryRun,omitempty" doc:"Say what would be done, and do nothing."`
		Comment string `json:"comment,omitempty" maxLength:"1000" doc:"Why, for the history."`
	}
},
) (*labelsApplied, error) {
	const op = "api.applyLabels"
	if len(in.Body.Files) != 1 {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "a tenant has one document with all its labels", Help: "send one file"}
	}
	set, mistakes := taxonomy.Decode([]byte(in.Body.Files[0].Text))
	if len(mistakes) > 0 {
		told := mistakesOf(mistakes)
		for i := range told {
			told[i].File = in.Body.Files[0].Name
		}
		return nil, &wrong{kind: fault.Invalid, detail: "the document has mistakes", mistakes: told}
	}
	have, err := a.Labels.Labels(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	s, err := a.readable(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	for _, d := range s.docs {
		key := labelOf(d)
		if key == "" {
			continue
		}
		was, known := have.Set.Find(key)
		is, err := set.Usable(key)
		if err == nil && known && was.ID != is.ID {
			err = &fault.Error{Kind: fault.Invalid, Op: op, Key: key, Msg: "would name another label than before"}
		}
		if err != nil {
			return nil, &fault.Error{Kind: fault.Conflict, Op: op, Key: d.ID, Msg: "this policy gives the label " + strconv.Quote(key) + " to files, which it could not any more", Help: "change the policy first, or keep the label", Err: err}
		}
	}
	out := &labelsApplied{}
	differences(&have.Set, &set, out)
	same := have.Number > 0 && sameSet(&have.Set, &set)
	out.Body.Revision = have.Number
	if in.Body.DryRun || same {
		return out, nil
	}
	out.Body.Revision++
	err = a.change(ctx, c, entry{kind: model.ActivityAdmin, action: "labels.apply", objects: []model.Object{{Type: "sensitivityLabels", ID: set.SiteID}}, reason: in.Body.Comment}, func() error {
		return a.Labels.PutLabels(ctx, taxonomy.Revision{Tenant: c.Tenant, Number: out.Body.Revision, Set: set, Author: c.Token.Name, Time: a.Now(), Comment: in.Body.Comment})
	})
	if err != nil {
		return nil, err
	}
	out.Body.Applied = true
	a.changed(ctx, bus.SignalPolicy, c.Tenant)
	return out, nil
}

func sameSet(a, b *taxonomy.Set) bool {
	x, err1 := a.Text()
	y, err2 := b.Text()
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func differences(have, want *taxonomy.Set, out *labelsApplied) {
	b := &out.Body
	b.Added, b.Changed, b.Removed = []string{}, []string{}, []string{}
	text := func(l *taxonomy.Label) string {
		t, _ := json.Marshal(l) // its fields are all plain
		return string(t)
	}
	for i := range want.Labels {
		l := &want.Labels[i]
		switch at := have.Priority(l.ID); {
		case at < 0:
			b.Added = append(b.Added, want.Path(l))
		case at != i || text(&have.Labels[at]) != text(l):
			b.Changed = append(b.Changed, want.Path(l))
		}
	}
	for i := range have.Labels {
		if want.Priority(have.Labels[i].ID) < 0 {
			b.Removed = append(b.Removed, have.Path(&have.Labels[i]))
		}
	}
}

func (a *API) importLabels(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		SiteID string            `json:"siteId" maxLength:"36" doc:"Id of the Entra tenant that was asked."`
		Labels []json.RawMessage `json:"labels" maxItems:"1000" doc:"sensitivityLabel objects, as Graph answered."`
	}
},
) (*labelsImported, error) {
	have, err := a.Labels.Labels(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	set, notes, err := taxonomy.FromGraph(in.Body.SiteID, in.Body.Labels, have.Set)
	if err != nil {
		return nil, err
	}
	out := &labelsImported{}
	out.Body.Notes = append([]string{}, notes...)
	out.Body.Text, err = pretty(&set)
	return out, err
}

// labelled refuses policies that give labels to files which the tenant doesn't have, or which Referee can't give: one
// that encrypts is put on by Microsoft's programs only.
func (a *API) labelled(ctx context.Context, tenant model.TenantID, docs []*policy.Document) error {
	if !slices.ContainsFunc(docs, func(d *policy.Document) bool { return labelOf(d) != "" }) {
		return nil
	}
	r, err := a.Labels.Labels(ctx, tenant)
	if err != nil {
		return err
	}
	for _, d := range docs {
		key := labelOf(d)
		if key == "" {
			continue
		}
		l, err := r.Set.Usable(key)
		if err == nil && l.Encrypts {
			err = &fault.Error{
				Kind: fault.Invalid, Op: "api.labelled", Key: r.Set.Path(l), Msg: "is a label that encrypts; written as metadata alone it would claim a protection that isn't there",
				Help: "name a label without encryption, or block the download; see docs/howto/protect-on-download.md",
			}
		}
		if err != nil {
			told := problem(err)
			pos := d.Pos("protect.label")
			return &wrong{kind: fault.Invalid, detail: d.ID + ": the label can't be given to files", mistakes: []Mistake{{
				Message: told.Detail, Advice: fault.Help(err), File: d.File, Document: d.ID, Location: "protect.label", Line: pos.Line, Column: pos.Column,
			}}}
		}
	}
	return nil
}
