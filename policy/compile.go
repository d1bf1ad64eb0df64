package policy

import (
	"fmt"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Options says how a set of documents becomes a rule book.
type Options struct {
	Tenant        model.TenantID
	Epoch         int64
	DefaultAccess Gate // when no Conditional Access policy matches: GateAllow as in Entra, or GateBlock
	Capabilities  Capabilities
	Phases        map[string]Phase // where rollouts stand, by policy id; a policy without entry is in its document's phase
	Revisions     map[string]int64 // of the documents, for [model.PolicyRef]
	Exceptions    []Exception      // all of the tenant; those that aren't live do nothing
	InfoTypes     *InfoTypes       // of the tenant; nil: no bundles
	BuiltInLevel  Level            // of Conditional Access's "block downloads"; zero means strict
}

// Compile makes a rule book of documents that [Decode] returned without problems. It refuses, as problems, what
// this installation can't enforce. With any problem the book is nil: callers keep the one they have.
func Compile(docs []*Document, opt Options) (*Book, Problems) {
	problems := Refused(docs, opt.Capabilities)
	b := &Book{epoch: opt.Epoch, tenant: opt.Tenant, defaultAccess: opt.DefaultAccess, byID: map[string]*Policy{}}
	for _, d := range docs {
		if d.State == StateDisabled {
			continue
		}
		p, wrong := newPolicy(d, opt.InfoTypes)
		problems = append(problems, wrong...)
		if p == nil {
			continue
		}
		p.Revision = opt.Revisions[d.ID]
		if d.Inline != nil && d.Inline.Rollout != nil {
			phase := d.Inline.Rollout.Phase
			if stored, ok := opt.Phases[d.ID]; ok {
				phase = stored
			}
			p.Monitor = phase == PhaseMonitor
		}
		p.except(opt.Exceptions)
		b.add(p)
	}
	if len(problems) > 0 {
		return nil, problems.sorted()
	}
	level := opt.BuiltInLevel
	if level == 0 {
		level = LevelStrict
	}
	b.addBuiltIns(level)
	b.blockDownloads.except(opt.Exceptions)
	b.share()
	b.index()
	return b, nil
}

// Refused lists what in the documents can't be put into force, whatever else is right with them: parts that this
// installation lacks, kinds that nothing enforces, and ids that two documents share.
func Refused(docs []*Document, can Capabilities) Problems {
	var out Problems
	ids := map[string]*Document{}
	for _, d := range docs {
		no := func(path, reason, advice string) {
			out = append(out, Problem{File: d.File, Pos: d.Pos(path), Document: d.ID, Path: path, Reason: reason, Advice: advice})
		}
		if other := ids[d.ID]; other != nil {
			no("id", fmt.Sprintf("two documents have this id (the other one is %q)", other.Name), "rename one of them")
		}
		ids[d.ID] = d
		switch {
		case d.After != nil:
			no("kind", fmt.Sprintf("this version reads %s documents and does not enforce them", d.Kind), "keep the file, and apply it once they are enforced")
		case d.Access != nil:
			d.Access.refused(can, no)
		case d.Inline != nil:
			d.Inline.refused(can, no)
		}
	}
	return out
}

func (p *Inline) refused(can Capabilities, no func(path, reason, advice string)) {
	const keep = "keep the file, and apply it once that part is there"
	switch {
	case p.Inspection.Method == InspectBuiltIn && !can.Inspector:
		no("inspection", "no content inspector is connected, so the content condition can't be enforced", keep)
	case p.Inspection.Method == InspectMalware && !can.Malware:
		no("inspection", "no malware scanner is connected, so the malware condition can't be enforced", keep)
	}
	switch {
	case p.Action == ActionRequireStepUp && !can.StepUp:
		no("action", "this installation can't require step-up authentication", keep)
	case p.Action == ActionProtect && !can.Protect:
		no("action", "this installation can't protect the copy that leaves", keep)
	}
	for _, c := range conds(p.Files) {
		if c.Field == "fileLabels" && !can.Labels {
			no("files", "sensitivity labels can't be read by this installation", keep)
			break
		}
	}
}

func newPolicy(d *Document, known *InfoTypes) (*Policy, Problems) {
	p := &Policy{
		ID: d.ID, Name: d.Name, Description: d.Description, Kind: d.Kind, Severity: d.Severity, Category: d.Category,
		Document: d, Unscannable: UnscannableBlock, DeviceUnknown: model.TagUnmanaged, Deadline: DefaultDeadline,
	}
	switch {
	case d.Access != nil:
		return p, p.fromAccess(d)
	case d.Inline != nil:
		return p, p.fromInline(d, known)
	}
	return nil, nil // Refused says why
}

func (p *Policy) fromAccess(d *Document) Problems {
	c := d.Access
	p.stage = StageSignIn
	p.Monitor = d.State == StateReportOnly
	p.Session = c.Session
	p.DeviceUnknown, p.Unscannable = c.Devices.Unknown, c.Unscannable
	p.content.method = InspectNone
	if c.Blocks() {
		p.Gate = GateBlock
	}
	p.grants, p.frequency, p.persistent = c.grants(), c.Frequency.steps(), c.PersistentBrowser
	var tags [][]model.DeviceTag
	for _, g := range c.Grant.Controls {
		switch g {
		case GrantCompliantDevice:
			tags = append(tags, []model.DeviceTag{model.TagIntuneCompliant})
		case GrantJoinedDevice:
			tags = append(tags, []model.DeviceTag{model.TagHybridJoined})
		}
	}
	p.grantAny = c.Grant.Any
	if len(tags) > 0 {
		var asked []*filter.Node
		for _, t := range tags {
			asked = append(asked, filter.Cond(fieldDeviceTags, filter.Eq, texts(t)...))
		}
		tree := filter.AllOf(asked...)
		if c.Grant.Any {
			tree = filter.AnyOf(asked...)
		}
		var wrong Problems
		p.grantTags, wrong = program(d, "grantControls", activitySchema, tree)
		if len(wrong) > 0 {
			return wrong
		}
	}
	var wrong Problems
	p.tree = c.Filter()
	p.activities, wrong = program(d, "conditions", activitySchema, p.tree)
	return wrong
}

func (p *Policy) fromInline(d *Document, known *InfoTypes) Problems {
	i := d.Inline
	p.stage = StageActivity
	if d.Kind == KindAccess {
		p.stage = StageAccess
	}
	p.Control, p.Action, p.Gate, p.Level = i.Control, i.Action, i.Action.gate(), i.Level
	p.Unscannable, p.DeviceUnknown, p.Deadline = i.Unscannable, i.DeviceUnknown, i.Deadline
	p.Message, p.NextStep, p.Contact, p.Alert = i.Message, i.NextStep, i.Contact, i.Alert
	p.StepUp, p.Label = i.StepUp.Context, i.Protect.Label
	p.content = newContent(i.Inspection, known)
	p.duties = DutyAudit
	if i.Action == ActionProtect {
		p.duties |= DutyProtect
	}
	if i.Alert != nil {
		p.duties |= DutyAlert
		if len(i.Alert.Email) > 0 {
			p.duties |= DutyNotify
		}
	}
	switch i.Action {
	case ActionOverride:
		p.satisfied = "override:" + p.ID
	case ActionRequireStepUp:
		p.satisfied, p.inSession = "stepUp:"+p.StepUp, i.StepUp.Within > 0
		s := step{StepUp: model.StepUp{Kind: model.StepContext, Value: p.StepUp, Within: i.StepUp.Within}, grant: p.satisfied}
		if s.Within == 0 {
			s.Within = freshStep
		}
		p.grants = []step{s}
	}
	var wrong, more Problems
	p.tree = i.Activities
	p.activities, wrong = program(d, "activities", activitySchema, i.Activities)
	if !i.Files.Empty() {
		p.fileTree = i.Files
		p.files, more = program(d, "files", fileSchema, i.Files)
	}
	return append(wrong, more...)
}

// program compiles a filter. Decode has checked it; a document built by code may still be wrong.
func program(d *Document, path string, s *filter.Schema[Input], tree *filter.Node) (*filter.Program[Input], Problems) {
	prog, err := s.Compile(tree)
	if err == nil {
		return prog, nil
	}
	var out Problems
	for _, m := range mistakesOf(err).Under(path) {
		out = append(out, Problem{File: d.File, Pos: m.Pos, Document: d.ID, Path: m.Path, Reason: m.Reason, Advice: m.Advice})
	}
	if len(out) == 0 {
		out = Problems{{File: d.File, Pos: d.Pos(path), Document: d.ID, Path: path, Reason: err.Error()}}
	}
	return nil, out
}
