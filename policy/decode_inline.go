package policy

import (
	"slices"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/strict"
	"github.com/referee-casb/referee/model"
	"go.yaml.in/yaml/v3"
)

// DefaultDeadline is how long missing facts may take when a document does not say.
const DefaultDeadline = 30 * time.Second

// actionsOf lists what each control type can do; "" stands for access policies.
var actionsOf = map[ControlType][]Action{
	"":                  {ActionAudit, ActionBlock, ActionUseBrowser},
	ControlMonitorOnly:  {ActionAudit},
	ControlActivities:   {ActionAudit, ActionBlock, ActionOverride, ActionRequireStepUp},
	ControlFileDownload: {ActionAudit, ActionBlock, ActionOverride, ActionProtect, ActionRequireStepUp},
	ControlFileUpload:   {ActionAudit, ActionBlock, ActionOverride, ActionRequireStepUp},
}

func decodeInline(r *strict.Reader, m *strict.Map, kind Kind) *Inline {
	p := &Inline{
		Unscannable: UnscannableBlock, DeviceUnknown: model.TagUnmanaged, Deadline: DefaultDeadline,
		Inspection: Inspection{Method: InspectNone},
	}
	if kind == KindSession {
		m.Need("control", "write monitorOnly, blockActivities, controlFileDownload or controlFileUpload")
		strict.Word(m, "control", &p.Control, ControlMonitorOnly, ControlActivities, ControlFileDownload, ControlFileUpload)
	}
	p.Activities = decodeFilter(r, m, "activities", bindActivities)
	refuseActivityType(r, m, p)
	files := p.Control == ControlFileDownload || p.Control == ControlFileUpload
	if files {
		p.Files = decodeFilter(r, m, "files", bindFiles)
	} else {
		onlyFor(r, m, "files", "controlFileDownload and controlFileUpload")
	}
	if p.Control != "" && p.Control != ControlMonitorOnly {
		decodeInspection(r, m, &p.Inspection)
	} else {
		onlyFor(r, m, "inspection", "session policies that control activities or files")
	}
	decodeAction(r, m, kind, p)
	if p.Action == ActionUseBrowser {
		if clients, bound := Asked(p.Activities, "clientApp"); !bound || slices.Contains(clients, string(model.ClientBrowser)) {
			r.Wrong(m.At("action"), m.Path("action"), "add clientApp: {eq: mobileAppsAndDesktopClients} to activities", "useBrowser would stop browsers too")
		}
	}
	if p.Control == ControlFileDownload {
		decodeLevel(r, m, p)
	} else {
		onlyFor(r, m, "level", "controlFileDownload")
	}
	strict.Word(m, "unscannable", &p.Unscannable, UnscannableBlock, UnscannableAllow)
	decodeUnknown(m, "deviceUnknown", &p.DeviceUnknown)
	m.Duration("deadline", &p.Deadline, time.Second, time.Hour)
	var further []string
	if p.Control != "" {
		further = []string{PlaceholderFound}
	}
	decodeMessage(r, m, "message", &p.Message, further...)
	decodeMessage(r, m, "nextStep", &p.NextStep, further...)
	m.Text("contact", &p.Contact)
	p.Alert = decodeAlert(r, m)
	if m.Has("rollout") {
		p.Rollout = decodeRollout(r, m, p.Action)
	}
	return p
}

// onlyFor reports a key that is written where it has no effect.
func onlyFor(r *strict.Reader, m *strict.Map, key, where string) {
	if m.Has(key) {
		m.Node(key)
		r.Wrong(m.At(key), m.Path(key), "remove it", "%q is only for %s", key, where)
	}
}

// refuseActivityType keeps activity.type to the control type that chooses among activities: elsewhere it would
// quietly switch the policy off.
func refuseActivityType(r *strict.Reader, m *strict.Map, p *Inline) {
	named, typed := false, false
	if p.Activities != nil {
		for _, c := range conds(p.Activities) {
			if f := activitySchema.Field(c.Field); f != nil && f.Name == fieldActivityType {
				named = true
				typed = typed || p.Control == ControlActivities
				if p.Control != ControlActivities {
					r.Wrong(&yaml.Node{Line: c.Pos.Line, Column: c.Pos.Column}, m.Path("activities")+"."+c.Field, "remove it; the control type chooses",
						"activity.type is only for control: blockActivities")
				}
			}
		}
	}
	if p.Control == ControlActivities && !named {
		r.Wrong(m.At("activities"), m.Path("activities"), "add activity.type: {eq: [print, copy, paste]}",
			"blockActivities without activity.type would be about every activity")
	}
}

func decodeInspection(r *strict.Reader, m *strict.Map, to *Inspection) {
	n := m.Node("inspection")
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode { // inspection: none
		strict.Word(m, "inspection", &to.Method, InspectNone, InspectBuiltIn, InspectMalware)
		if to.Method == InspectBuiltIn {
			r.Wrong(n, m.Path("inspection"), "write inspection: {method: builtIn, types: [{type: …}]}", "builtIn needs to know what to look for")
		}
		return
	}
	i := m.Map("inspection")
	i.Need("method", "write none, builtIn or malware")
	strict.Word(i, "method", &to.Method, InspectNone, InspectBuiltIn, InspectMalware)
	match := "any"
	strict.Word(i, "match", &match, "any", "all")
	to.All = match == "all"
	for _, item := range i.Items("types") {
		t := InfoType{Confidence: 75, Count: 1}
		im := r.Open(item.Node, item.Path)
		im.Need("type", "name a sensitive information type")
		im.Text("type", &t.Type)
		im.Int("confidence", &t.Confidence, 65, 85)
		if im != nil && !slices.Contains([]int{65, 75, 85}, t.Confidence) {
			r.Wrong(im.At("confidence"), im.Path("confidence"), "use 65 (low), 75 (medium) or 85 (high)", "%d is not a confidence level", t.Confidence)
		}
		im.Int("count", &t.Count, 1, 1_000_000)
		im.Done()
		to.Types = append(to.Types, t)
	}
	if (to.Method == InspectBuiltIn) != (len(to.Types) > 0) {
		r.Wrong(i.At("types"), i.Path("types"), "list types with method builtIn, and with no other", "method %s and the list of types don't fit", to.Method)
	}
	i.Done()
}

// actionTest is what Defender called audit before.
const actionTest Action = "test"

func decodeAction(r *strict.Reader, m *strict.Map, kind Kind, p *Inline) {
	m.Need("action", "write action: audit or action: block")
	strict.Word(m, "action", &p.Action, ActionAudit, ActionBlock, ActionOverride, ActionProtect, ActionRequireStepUp, ActionUseBrowser, actionTest)
	if p.Action == actionTest {
		p.Action = ActionAudit
	}
	if allowed := actionsOf[p.Control]; p.Action != "" && !slices.Contains(allowed, p.Action) {
		what := string(p.Control)
		if kind == KindAccess {
			what = "an access policy"
		}
		r.Wrong(m.At("action"), m.Path("action"), "use "+strict.List(texts(allowed)), "%s can't %s", what, p.Action)
	}
	if p.Action == ActionRequireStepUp {
		m.Need("stepUp", "write stepUp: {context: c1}")
		if s := m.Map("stepUp"); s != nil {
			s.Need("context", "name an authentication context, c1 to c99")
			s.Text("context", &p.StepUp.Context)
			if p.StepUp.Context != "" && !contextPattern.MatchString(p.StepUp.Context) {
				r.Wrong(s.At("context"), s.Path("context"), "name an authentication context, c1 to c99", "%q is not an authentication context", strict.Clip(p.StepUp.Context))
			}
			s.Duration("within", &p.StepUp.Within, time.Minute, 24*time.Hour)
			s.Done()
		}
	} else {
		onlyFor(r, m, "stepUp", "action: requireStepUp")
	}
	if p.Action == ActionProtect {
		m.Need("protect", "write protect: {label: …}")
		if s := m.Map("protect"); s != nil {
			s.Need("label", "give the id or name of a sensitivity label")
			s.Text("label", &p.Protect.Label)
			s.Done()
		}
	} else {
		onlyFor(r, m, "protect", "action: protect")
	}
}

func decodeLevel(r *strict.Reader, m *strict.Map, p *Inline) {
	word := ""
	strict.Word(m, "level", &word, LevelStrict.String(), LevelStandard.String(), LevelInspect.String())
	switch word {
	case LevelStandard.String():
		p.Level = LevelStandard
	case LevelInspect.String():
		p.Level = LevelInspect
	default:
		p.Level = LevelStrict
	}
	if p.Level == LevelStandard && p.Action == ActionProtect {
		r.Wrong(m.At("level"), m.Path("level"), "use strict", "at level standard, what a page's script fetches keeps its original bytes, so copies would leave without the label")
	}
	labels := slices.ContainsFunc(conds(p.Files), func(c *filter.Node) bool { return c.Field == "fileLabels" })
	if p.Level == LevelInspect && p.Inspection.Method == InspectNone && !labels {
		r.Wrong(m.At("level"), m.Path("level"), "use strict or standard, or add an inspection or a condition on fileLabels", "level inspect lets content decide, and nothing is inspected")
	}
}

func decodeAlert(r *strict.Reader, m *strict.Map) *Alert {
	a := m.Map("alert")
	if a == nil {
		return nil
	}
	out := &Alert{}
	a.Texts("email", &out.Email)
	for _, e := range out.Email {
		if !mailPattern.MatchString(e) {
			r.Wrong(a.At("email"), a.Path("email"), "", "%q is not an e-mail address", strict.Clip(e))
		}
	}
	a.Int("dailyCap", &out.DailyCap, 1, 100_000)
	a.Done()
	return out
}
