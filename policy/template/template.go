// Package template makes policy documents from recipes: Defender's session templates, and those that a first
// policy of Referee usually is.
//
// It owns the recipes and their parameters. What comes out is plain documents, to be read, changed and applied
// like any other. Each template is one file named after its id, listed in all.go. Layer L1. Begin with [All] and
// [Template.Make].
package template

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Template is a recipe.
type Template struct {
	ID     string // file name, with underscores
	Title  string // Defender's name where it has the template
	Doc    string
	Params []Param

	build func(v Values) []*policy.Document
}

// Param is one value that a template asks for.
type Param struct {
	Name    string
	Title   string
	Default string   // "" makes the parameter optional, unless Needed
	Choices []string // nil: any text
	Needed  bool
}

// Values are what was answered, by parameter. Lists are separated by commas.
type Values map[string]string

func (v Values) list(name string) []string {
	var out []string
	for _, s := range strings.Split(v[name], ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// All returns the templates by id.
func All() []Template { return slices.Clone(templates) }

// Find returns the template with the id, or NotFound.
func Find(id string) (Template, error) {
	for _, t := range templates {
		if t.ID == id {
			return t, nil
		}
	}
	return Template{}, &fault.Error{Kind: fault.NotFound, Op: "template.Find", Key: id, Msg: "no template has this id"}
}

// Make builds the documents. Parameters that are left out have their default. The documents have been through
// policy.Decode, so what is returned without an error is right by itself; whether this installation can enforce
// it, policy.Compile says.
func (t Template) Make(answers Values) ([]*policy.Document, error) {
	values, err := t.complete(answers)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	for _, d := range t.build(values) {
		text.WriteString("---\n")
		text.Write(d.Canonical())
	}
	docs, problems := policy.Decode("", text.Bytes())
	if err := problems.Err(); err != nil {
		return nil, fault.Wrap(err, "template.Make", t.ID)
	}
	return docs, nil
}

func (t Template) complete(answers Values) (Values, error) {
	out := Values{}
	wrong := func(format string, args ...any) error {
		f := fault.New(fault.Invalid, "template.Make", format, args...)
		f.Key = t.ID
		return f
	}
	for _, p := range t.Params {
		out[p.Name] = p.Default
		answer := strings.TrimSpace(answers[p.Name])
		if answer != "" {
			out[p.Name] = answer
		}
		switch {
		case p.Needed && out[p.Name] == "":
			return nil, wrong("%s is missing: %s", p.Name, p.Title)
		case p.Choices != nil && !slices.Contains(p.Choices, out[p.Name]):
			return nil, wrong("%s can't be %q; use %s", p.Name, out[p.Name], strings.Join(p.Choices, ", "))
		}
	}
	for name := range answers {
		if !slices.ContainsFunc(t.Params, func(p Param) bool { return p.Name == name }) {
			return nil, wrong("there is no parameter %q", name)
		}
	}
	return out, nil
}

// The parameters that several templates share.
var (
	paramApp     = Param{Name: "app", Title: "App, suite or instance, or several", Default: "office365"}
	paramDevice  = Param{Name: "device", Title: "Devices it is about; all when empty", Default: "", Choices: []string{"", "unmanaged"}}
	paramAction  = Param{Name: "action", Title: "What happens", Default: "block", Choices: []string{"audit", "block", "blockWithOverride"}}
	paramLevel   = Param{Name: "level", Title: "How much is enforced on bytes", Default: "strict", Choices: []string{"strict", "standard"}}
	paramTypes   = Param{Name: "types", Title: "Sensitive information types to look for; every file when empty"}
	paramContact = Param{Name: "contact", Title: "Whom people can ask", Default: "your helpdesk"}
	paramAfter   = Param{Name: "monitor", Title: "How long it only monitors first", Default: "7d"}
)

// session begins a session policy with what the parameters say.
func session(v Values, id, name string, control policy.ControlType) *policy.Document {
	prefix := slug(v["app"])
	d := &policy.Document{
		Kind: policy.KindSession, ID: prefix + "-" + id, Name: fmt.Sprintf("%s - %s", v["app"], name),
		Severity: policy.SeverityMedium, Category: policy.CategoryDLP, State: policy.StateEnabled,
		Inline: &policy.Inline{
			Control: control, Action: policy.Action(v["action"]), Unscannable: policy.UnscannableBlock,
			DeviceUnknown: model.TagUnmanaged, Deadline: policy.DefaultDeadline, Contact: v["contact"],
			Inspection: policy.Inspection{Method: policy.InspectNone},
		},
	}
	conds := []*filter.Node{filter.Cond("app", filter.Eq, v.list("app")...)}
	if v["device"] != "" {
		conds = append(conds, filter.Cond("device.tags", filter.Eq, v["device"]))
	}
	d.Inline.Activities = filter.AllOf(conds...)
	if control == policy.ControlFileDownload || control == policy.ControlFileUpload {
		d.Inline.Files = filter.AllOf()
	}
	return d
}

// look adds content inspection for the types that were asked for, and the rollout.
func look(d *policy.Document, v Values) *policy.Document {
	for _, t := range v.list("types") {
		d.Inline.Inspection.Method = policy.InspectBuiltIn
		d.Inline.Inspection.Types = append(d.Inline.Inspection.Types, policy.InfoType{Type: t, Confidence: 75, Count: 1})
	}
	return monitored(d, v)
}

// monitored lets a policy that stops people begin in its monitor phase.
func monitored(d *policy.Document, v Values) *policy.Document {
	if d.Inline.Action == policy.ActionAudit || d.Inline.Action == policy.ActionProtect {
		return d
	}
	r := policy.DefaultRollout()
	if after, ok := policy.ParseDuration(v["monitor"]); ok {
		r.After = after
	}
	d.Inline.Rollout = &r
	return d
}

// slug makes the beginning of an id.
func slug(app string) string {
	first, _, _ := strings.Cut(app, ",")
	out := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return '-'
	}, strings.TrimSpace(first)), "-")
	for strings.Contains(out, "--") {
		out = strings.ReplaceAll(out, "--", "-")
	}
	if len(out) > 24 {
		out = strings.Trim(out[:24], "-")
	}
	return out
}
