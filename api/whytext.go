package api

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// nextSteps says what the person can do now.
func nextSteps(act *model.Activity, p *policy.Policy, contact string) []string {
	out := []string{}
	if !p.Liftable() {
		return out
	}
	if p.Contact != "" {
		contact = p.Contact
	}
	if p.NextStep != "" {
		out = append(out, strings.Join(strings.Fields(policy.Fill(p.NextStep, filler(act, p, contact))), " "))
	}
	switch {
	case p.NextStep != "" && p.Gate == policy.GateBlock:
	case p.Gate == policy.GateBlockWithOverride:
		out = append(out, "go on after giving a justification on the page that stopped them")
	case p.Gate == policy.GateStepUp:
		out = append(out, "sign in again more strongly, then try again")
	case p.Control == policy.ControlFileDownload && p.Level != policy.LevelInspect:
		out = append(out, "read and edit the file in the browser; previews still work")
	}
	if act.Reference != "" {
		out = append(out, `ask for an exception with "Request access" on the page that stopped them`)
	}
	if contact != "" {
		out = append(out, "ask "+contact)
	}
	return out
}

// harmless is what may stand in a command that people copy: names come from providers, and a shell reads more into
// some of them.
var harmless = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]*$`)

// grant returns the command that gives an exception for what was stopped, "" when there is none.
func grant(act *model.Activity, p *policy.Policy) string {
	user := first(act.User.Username, string(act.User.ID))
	if !p.Liftable() || !harmless.MatchString(user) || !harmless.MatchString(act.App.Key) || act.Reference == "" {
		return ""
	}
	return fmt.Sprintf("referee exception add --user %s --app %s --policy %s \\\n  --reference %s --expires 1d --reason 'asked for by phone'", user, act.App.Key, p.ID, activitylog.FormatReference(act.Reference))
}

// wrapped breaks a step into lines of a screen; those after the first are indented below it.
func wrapped(s string) string {
	const width = 92
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n > width:
			b.WriteString("\n  ")
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// filler gives the placeholders of a policy's texts their values, as the block page did.
func filler(act *model.Activity, p *policy.Policy, contact string) func(string) string {
	file := ""
	if len(act.Files) > 0 {
		file = act.Files[0].Name
	}
	values := map[string]string{
		"user": first(act.User.Name, act.User.Username), "file": file, "app": first(act.App.Name, act.App.Key),
		"policy": p.Name, "contact": contact, "reference": activitylog.FormatReference(act.Reference),
	}
	return func(name string) string { return values[name] }
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// screen writes the answer for a helpdesk: who, what, where, when, the outcome, why, and what now.
func screen(act *model.Activity, ref string, lifted *policy.Exception, step *stepUpBody, explained, today string, changes, next []string, grant string, zone *time.Location) string {
	var b strings.Builder
	row := func(title, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-9s %s\n", title, value)
		}
	}
	row("Code", ref)
	row("When", act.Time.In(zone).Format("Mon 2 Jan 2006 15:04:05 MST"))
	row("Who", person(&act.User))
	row("What", what(act))
	row("Where", place(act))
	row("Device", proven(act))
	row("Outcome", outcome(act))
	if id := exceptionOf(act); id != "" {
		row("Exception", passed(id, lifted, zone))
	}
	if step != nil {
		b.WriteString("\nStep-up\n" + indent(step.text(zone)))
	}
	if explained != "" {
		title := "\nWhy\n"
		if len(changes) > 0 {
			title = "\nWhy, by the policies as they were then\n"
		}
		b.WriteString(title + indent(explained))
	}
	if len(changes) > 0 {
		b.WriteString("\nChanged since\n" + indent(strings.Join(changes, "\n")))
		b.WriteString("\nThe same today\n" + indent(firstLine(today)))
	}
	if len(next) > 0 {
		b.WriteString("\nWhat the person can do\n")
		for _, step := range next {
			b.WriteString(indent("- " + wrapped(step)))
		}
	}
	if grant != "" {
		b.WriteString("\nTo let it pass for a day\n" + indent(grant))
	}
	return b.String()
}

// passed says which exception let an action pass.
func passed(id string, e *policy.Exception, zone *time.Location) string {
	if e == nil {
		return "let through by exception " + id + ", which is not kept any more"
	}
	who := e.User
	if e.Group != "" {
		who = "group " + string(e.Group)
	}
	s := fmt.Sprintf("let through by exception %s for %s from policy %s, until %s", id, who, e.Policy, e.Expires.In(zone).Format("Mon 2 Jan 2006 15:04 MST"))
	if e.State == policy.ExceptionApproved {
		s += ", approved by " + e.Approver
	}
	return s
}

func person(u *model.User) string {
	name := u.Username
	if name == "" {
		name = string(u.ID)
	}
	if u.Name != "" && u.Name != name {
		name = u.Name + " <" + name + ">"
	}
	if u.External {
		name += ", external"
	}
	return name
}

func what(a *model.Activity) string {
	s := string(a.Type)
	for _, f := range a.Files {
		s += " " + fmt.Sprintf("%q", f.Name)
		break
	}
	if n := len(a.Files); n > 1 {
		s += fmt.Sprintf(" and %d more", n-1)
	}
	name := a.App.Name
	if name == "" {
		name = a.App.Key
	}
	if name != "" {
		s += " in " + name
	}
	if a.App.Instance != "" {
		s += " (" + string(a.App.Instance) + ")"
	}
	return s
}

func place(a *model.Activity) string {
	var parts []string
	if a.Network.Address.IsValid() {
		parts = append(parts, a.Network.Address.String())
	}
	for _, s := range append([]string{a.Network.Country}, a.Network.Locations...) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

func proven(a *model.Activity) string {
	var tags []string
	for _, t := range a.Device.Tags {
		tags = append(tags, string(t))
	}
	text := strings.Join(tags, ", ")
	if text == "" {
		text = "nothing proven"
	}
	if a.Agent.Browser == "" {
		return text
	}
	return text + "; says it is " + strings.TrimSpace(a.Agent.Browser+" on "+a.Agent.OS)
}

func outcome(a *model.Activity) string {
	s := string(a.Outcome)
	if s == "" {
		s = string(a.Taken)
	}
	if a.Reason != "" {
		s += ": " + a.Reason
	}
	return strings.TrimPrefix(s, ": ")
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ") + "\n"
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
