package api

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/evidence"
	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Evidence reads what is kept of what was found in content; *evidence.Keeper is one.
type Evidence interface {
	Read(ctx context.Context, tenant model.TenantID, activity model.ActivityID) ([]evidence.Item, time.Time, error)
}

const (
	maxContent = 32 << 20
	maxScans   = 4 // at once, one a tenant: each takes some ten MB beside its file
	scanTime   = 2 * time.Minute
)

type (
	scanInput struct {
		InTenant
		Types      []string `query:"types" maxItems:"500" doc:"Ids of types and bundles; all when there is none."`
		Confidence int      `query:"confidence" enum:"0,65,75,85" doc:"Report findings of at least this confidence."`
		Matches    int      `query:"matches" minimum:"0" maximum:"100" doc:"Report where, masked, up to so many matches a type."`
		RawBody    []byte
	}
	matchBody struct {
		Type       string `json:"type"`
		File       string `json:"file,omitempty"`
		Start      int64  `json:"start" doc:"In bytes of the text that was found in the file."`
		End        int64  `json:"end"`
		Confidence int    `json:"confidence"`
		Masked     string `json:"masked" doc:"The match, digits as # and letters as x."`
		Context    string `json:"context,omitempty" doc:"The same with what is around it, masked."`
	}
	scanPart struct {
		Path   string         `json:"path"`
		Status extract.Status `json:"status"`
		Reason string         `json:"reason"`
	}
	scanAnswer struct {
		Body struct {
			Verdict  string          `json:"verdict" doc:"found, clean, or why it can't be called clean: encrypted, corrupt, unsupported, limited."`
			Kind     extract.Kind    `json:"kind" doc:"What the file is, by its bytes."`
			Status   extract.Status  `json:"status" doc:"How whole its text was."`
			Bytes    int             `json:"bytes"`
			Text     int64           `json:"text" doc:"Bytes of text that were looked at."`
			Parts    []scanPart      `json:"parts" doc:"That were not read."`
			Findings []model.Finding `json:"findings"`
			Matches  []matchBody     `json:"matches"`
		}
	}
	evidenceAnswer struct {
		Body struct {
			Activity model.ActivityID `json:"activity"`
			Expires  time.Time        `json:"expires" doc:"When it is removed."`
			Items    []matchBody      `json:"items"`
		}
	}
	settingAnswer struct{ Body evidence.Setting }
)

// slow gives a route's body more time to arrive.
func slow(op *huma.Operation) { op.BodyReadTimeout = pieceTime }

func (a *API) registerContent(r *registrar) {
	handle(r, "dlp-scan", a.scanContent, body(maxContent), slow)
	handle(r, "dlp-evidence-get", a.getEvidence)
	handle(r, "dlp-evidence-setting-get", a.getEvidenceSetting)
	handle(r, "dlp-evidence-setting-put", a.putEvidenceSetting)
}

func (a *API) scanContent(ctx context.Context, c *caller, in *scanInput) (*scanAnswer, error) {
	const op = "api.scanContent"
	if a.ReadContent == nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: op, Msg: "this process does not read content", Help: "ask one that has the role gateway"}
	}
	set, err := a.Library.Of(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	opt := dlp.Options{Confidence: in.Confidence, Matches: in.Matches}
	if in.Matches > 0 {
		opt.Context = dlp.MaxContext / 2
	}
	types := set.Types
	if len(in.Types) > 0 {
		if opt.Types, err = set.Resolve(in.Types); err != nil {
			return nil, err
		}
		types = slices.DeleteFunc(slices.Clone(types), func(t dlp.Type) bool { return !slices.Contains(opt.Types, t.ID) })
	}
	if _, busy := a.scanning.LoadOrStore(c.Tenant, true); busy {
		return nil, &fault.Error{Kind: fault.Limited, Op: op, Key: string(c.Tenant), Msg: "another file of this tenant is being scanned", Help: "try again in a few seconds"}
	}
	defer a.scanning.Delete(c.Tenant)
	select {
	case a.scans <- struct{}{}:
		defer func() { <-a.scans }()
	default:
		return nil, &fault.Error{Kind: fault.Limited, Op: op, Msg: "as many files are being scanned as may be at once", Help: "try again in a few seconds"}
	}
	ctx, cancel := context.WithTimeout(ctx, scanTime)
	defer cancel()
	e, err := dlp.New(types)
	if err != nil {
		return nil, err
	}
	scan, err := e.Start(opt)
	if err != nil {
		return nil, err
	}
	res, err := a.ReadContent(ctx, c.Tenant, bytes.NewReader(in.RawBody), int64(len(in.RawBody)), scan.Writer(ctx))
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, "content") // no report of half a text
	}
	report, err := scan.Finish(ctx)
	if err != nil {
		return nil, err
	}
	out := &scanAnswer{}
	b := &out.Body
	b.Verdict, b.Kind, b.Status, b.Bytes, b.Text, b.Findings, b.Parts = string(res.Status), res.Kind, res.Status, len(in.RawBody), res.Text, report.Findings, []scanPart{}
	switch {
	case len(report.Findings) > 0:
		b.Verdict = "found"
	case res.Status == extract.Complete:
		b.Verdict = "clean"
	}
	for _, p := range res.Open {
		b.Parts = append(b.Parts, scanPart{p.Path, p.Status, p.Reason})
	}
	b.Matches = matchesOf("", report.Matches)
	return out, nil
}

func matchesOf(file string, list []dlp.Match) []matchBody {
	out := make([]matchBody, len(list))
	for i, m := range list {
		out[i] = matchBody{m.Type, file, m.Start, m.End, m.Confidence, m.Masked, m.Context}
	}
	return out
}

func (a *API) getEvidence(ctx context.Context, c *caller, in *struct {
	InTenant
	Activity model.ActivityID `path:"activity" maxLength:"100" doc:"Id of the activity."`
},
) (*evidenceAnswer, error) {
	const op = "api.getEvidence"
	items, expires, err := a.Evidence.Read(ctx, c.Tenant, in.Activity)
	if fault.Is(err, fault.NotFound) {
		return nil, &fault.Error{Kind: fault.NotFound, Op: op, Key: string(in.Activity), Msg: "nothing is kept of what was found in this activity's content", Help: "it may have ended, or the tenant keeps none: `referee dlp evidence-setting`"}
	}
	if err != nil {
		return nil, err
	}
	look := c.activity(c.Tenant, entry{kind: model.ActivityAdmin, action: "evidence.read", objects: []model.Object{{Type: "activity", ID: string(in.Activity)}}})
	look.Outcome = model.OutcomeComplete
	if err := a.Recorder.Event(ctx, &look); err != nil {
		// fail closed: nobody looks unseen
		return nil, &fault.Error{Kind: fault.Unavailable, Op: op, Msg: "the look can't be recorded, so nothing is shown", Help: "try again later; see whether the message bus is full", Err: err}
	}
	out := &evidenceAnswer{}
	out.Body.Activity, out.Body.Expires, out.Body.Items = in.Activity, expires, []matchBody{}
	for _, i := range items {
		out.Body.Items = append(out.Body.Items, matchesOf(i.File, []dlp.Match{i.Match})...)
	}
	return out, nil
}

func (a *API) getEvidenceSetting(ctx context.Context, c *caller, _ *struct{ InTenant }) (*settingAnswer, error) {
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	return &settingAnswer{t.Evidence.WithDefaults()}, err
}

func (a *API) putEvidenceSetting(ctx context.Context, c *caller, in *struct {
	InTenant
	Body evidence.Setting
},
) (*settingAnswer, error) {
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	t.Evidence = in.Body
	if err := in.Body.Validate(); err != nil {
		return nil, err
	}
	_, err = a.storeTenant(ctx, c, t, "evidence.setting")
	return &settingAnswer{t.Evidence.WithDefaults()}, err
}
