package policy

import (
	"fmt"
	"strings"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// WhatIf is what would come of a sign-in, and why: Entra's What If, with the policies that don't apply and the first
// condition that keeps each from it.
type WhatIf struct {
	Gate       string         `json:"gate" enum:"allow,blockWithOverride,requireStepUp,block"`
	By         string         `json:"by,omitempty" doc:"Id of the policy whose gate applies."`
	Default    bool           `json:"default,omitempty" doc:"No Conditional Access policy applies; the tenant's default does."`
	Control    string         `json:"control,omitempty" doc:"Session control: monitorOnly, blockDownloads or mcasConfigured."`
	Gateway    bool           `json:"gateway,omitempty" doc:"The browser is sent through the gateway."`
	UseBrowser bool           `json:"useBrowser,omitempty" doc:"The program is told to use a browser."`
	Persistent string         `json:"persistentBrowser,omitempty" doc:"always or never."`
	Steps      []model.StepUp `json:"steps" doc:"What opens the gate requireStepUp: all of them."`
	Needs      []string       `json:"needs" doc:"Facts that would be asked for before it is decided."`
	Excepted   string         `json:"excepted,omitempty" doc:"Exception that lifts a gate."`
	Policies   []WhatIfPolicy `json:"policies"`
}

// The outcomes of a policy in [WhatIf].
const (
	Applies      = "applies"
	ReportOnly   = "reportOnly"   // would apply if it were in force
	Waits        = "waits"        // a fact that it rests on is asked for
	DoesNotApply = "doesNotApply" // Why says which condition keeps it from it
)

// WhatIfPolicy is one policy of a [WhatIf].
type WhatIfPolicy struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Kind    Kind     `json:"kind"`
	Outcome string   `json:"outcome" enum:"applies,reportOnly,waits,doesNotApply"`
	Effect  string   `json:"effect" doc:"What comes of it, in a sentence."`
	Why     string   `json:"why,omitempty" doc:"The first condition that keeps it from applying, or that it waits for."`
	Path    string   `json:"path,omitempty" doc:"Of that condition."`
	Grant   []string `json:"grantControls" doc:"What it asks for."`
	Session []string `json:"sessionControls" doc:"What it does to the session."`
}

// WhatIf decides a sign-in that nobody makes, and explains it. It is pure.
func (b *Book) WhatIf(in *Input) WhatIf {
	var v Verdict
	b.Settle(in, &v)
	out := WhatIf{
		Gate: v.Gate.String(), Default: v.Defaulted, Control: v.Control, Gateway: v.Duties.Has(DutyRoute) && v.Gate != GateBlock, UseBrowser: v.UseBrowser,
		Persistent: v.Persistent, Steps: append([]model.StepUp{}, v.Steps...), Needs: []string{}, Excepted: v.Excepted, Policies: []WhatIfPolicy{},
	}
	if v.Blocker != nil {
		out.By = v.Blocker.ID
	}
	for _, n := range v.Needs {
		out.Needs = append(out.Needs, string(n.Kind))
	}
	stage := in.Stage
	for _, s := range settled(in) {
		in.Stage = s
		for _, p := range b.considered(in) {
			out.Policies = append(out.Policies, p.whatIf(in))
		}
	}
	in.Stage, in.unknownDevice = stage, ""
	return out
}

func (p *Policy) whatIf(in *Input) WhatIfPolicy {
	c := p.explain(in)
	out := WhatIfPolicy{ID: p.ID, Name: p.Name, Kind: p.Kind, Effect: c.Effect, Grant: p.asks(), Session: p.controls()}
	applies := c.Matched
	switch {
	case c.Outcome == filter.Undecided:
		out.Outcome = Waits
	case !applies:
		out.Outcome = DoesNotApply
	case p.Monitor:
		out.Outcome = ReportOnly
	default:
		out.Outcome = Applies
	}
	if out.Outcome == DoesNotApply || out.Outcome == Waits {
		for i := range c.Conditions {
			if k := &c.Conditions[i]; k.Decisive || out.Outcome == Waits && k.Holds == filter.Undecided {
				out.Why, out.Path = k.sentence(), k.Path
				break
			}
		}
	}
	return out
}

// sentence says what the condition asked and what it saw.
func (k *Condition) sentence() string {
	asked := fmt.Sprintf("%s %s %s", k.Title, k.verb(), strings.Join(clipped(k.Wanted), " or "))
	if k.Inverted {
		asked = "not (" + asked + ")"
	}
	return asked + "; " + k.was()
}

// asks lists the grant controls, joined as the operator says.
func (p *Policy) asks() []string {
	out := []string{}
	if p.Document == nil || p.Document.Access == nil {
		if p.Action != "" {
			out = append(out, string(p.Action))
		}
		return out
	}
	g := &p.Document.Access.Grant
	for _, c := range g.Controls {
		out = append(out, string(c))
	}
	if g.Strength != "" {
		out = append(out, "authenticationStrength="+g.Strength)
	}
	for _, t := range g.TermsOfUse {
		out = append(out, "termsOfUse="+t)
	}
	if g.Any && len(out) > 1 {
		return []string{strings.Join(out, " or ")}
	}
	return out
}

// controls lists the session controls.
func (p *Policy) controls() []string {
	out := []string{}
	if p.Document == nil || p.Document.Access == nil {
		return out
	}
	c := p.Document.Access
	if c.Session != "" {
		out = append(out, "cloudAppSecurity="+c.Session)
	}
	switch f := c.Frequency; {
	case f.Always:
		out = append(out, "signInFrequency=everyTime")
	case f.Every > 0:
		out = append(out, "signInFrequency="+FormatDuration(f.Every))
	}
	if c.PersistentBrowser != "" {
		out = append(out, "persistentBrowser="+c.PersistentBrowser)
	}
	return out
}

// String renders the answer for a screen.
func (w WhatIf) String() string {
	var b strings.Builder
	b.WriteString("Outcome: " + w.Gate)
	switch {
	case w.By != "":
		b.WriteString(", by " + w.By)
	case w.Default:
		b.WriteString(", the default: no Conditional Access policy applies")
	}
	b.WriteByte('\n')
	line := func(name string, values ...string) {
		if text := strings.Join(values, ", "); text != "" {
			fmt.Fprintf(&b, "  %s: %s\n", name, text)
		}
	}
	var steps []string
	for _, s := range w.Steps {
		text := s.Key()
		if s.Within > 0 {
			text += " within " + FormatDuration(s.Within)
		}
		steps = append(steps, text)
	}
	line("has to be done first", steps...)
	line("is asked for first", w.Needs...)
	if w.Gateway {
		line("through the gateway with", w.Control)
	}
	line("browser session", w.Persistent)
	line("exception", w.Excepted)
	if w.UseBrowser {
		b.WriteString("  a browser is let through the gateway, this program is not\n")
	}
	for _, group := range []struct{ outcome, title string }{
		{Applies, "Policies that apply:"},
		{ReportOnly, "Policies that only report:"},
		{Waits, "Policies that wait for a fact:"},
		{DoesNotApply, "Policies that don't apply, and why:"},
	} {
		title := group.title + "\n"
		for _, p := range w.Policies {
			if p.Outcome != group.outcome {
				continue
			}
			b.WriteString(title)
			title = ""
			fmt.Fprintf(&b, "- %s (%s)", p.Name, p.ID)
			if p.Why != "" {
				fmt.Fprintf(&b, ": %s  [%s]\n", p.Why, p.Path)
				continue
			}
			fmt.Fprintf(&b, ": %s\n", p.Effect)
			line("  grant", p.Grant...)
			line("  session", p.Session...)
		}
	}
	if len(w.Policies) == 0 {
		b.WriteString("No policy is about this.\n")
	}
	return b.String()
}
