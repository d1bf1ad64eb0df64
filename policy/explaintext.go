package policy

import (
	"fmt"
	"strings"

	"github.com/referee-casb/referee/filter"
)

// mostMissed is how many policies that missed the text lists.
const mostMissed = 12

// String renders the explanation for a helpdesk: the outcome first, then the policies that matched or wait, then
// those that missed with the condition that missed. It is meant to fit a screen, so it only counts policies about
// other apps.
func (e Explanation) String() string {
	var b strings.Builder
	b.WriteString("Outcome: " + e.summary() + "\n")
	var missed []*Considered
	elsewhere := 0
	for i := range e.Policies {
		switch c := &e.Policies[i]; {
		case c.Matched || c.Outcome != filter.False:
			c.write(&b)
		case c.elsewhere():
			elsewhere++
		default:
			missed = append(missed, c)
		}
	}
	for _, c := range missed[:min(len(missed), mostMissed)] {
		c.write(&b)
	}
	if more := len(missed) - mostMissed; more > 0 {
		fmt.Fprintf(&b, "- %d more policies missed.\n", more)
	}
	switch {
	case elsewhere == 1:
		b.WriteString("- 1 policy is about other apps.\n")
	case elsewhere > 1:
		fmt.Fprintf(&b, "- %d policies are about other apps.\n", elsewhere)
	}
	if len(e.Policies) == 0 {
		b.WriteString("No policy is about this.\n")
	}
	return b.String()
}

// elsewhere reports whether the policy missed because it is about other apps.
func (c *Considered) elsewhere() bool {
	for _, k := range c.Conditions {
		if k.Decisive && (k.Field == fieldApp || k.Field == "instance" || k.Field == "service") {
			return true
		}
	}
	return false
}

func (e *Explanation) summary() string {
	var parts []string
	switch {
	case e.Blocker != nil:
		parts = append(parts, fmt.Sprintf("%s, by %q", e.Gate, e.Blocker.Name))
	case e.Defaulted:
		parts = append(parts, fmt.Sprintf("%s, the default: no Conditional Access policy matched", e.Gate))
	default:
		parts = append(parts, e.Gate.String())
	}
	if e.Control != "" {
		parts = append(parts, "through the gateway with "+e.Control)
	}
	if e.UseBrowser {
		parts = append(parts, "a browser would get further than this program")
	}
	if e.Excepted != "" {
		parts = append(parts, "under exception "+e.Excepted)
	}
	if len(e.Needs) > 0 {
		var needs []string
		for _, n := range e.Needs {
			needs = append(needs, string(n.Kind))
		}
		parts = append(parts, "still needs "+strings.Join(needs, ", "))
	}
	return strings.Join(parts, "; ")
}

func (c *Considered) write(b *strings.Builder) {
	mark := "-"
	if c.Matched {
		mark = "*"
	} else if c.Outcome == filter.Undecided {
		mark = "?"
	}
	fmt.Fprintf(b, "%s %s (%s): %s\n", mark, c.Policy.Name, c.Policy.ID, c.Effect)
	for _, k := range c.Conditions {
		if !c.Matched && c.Outcome != filter.Undecided && !k.Decisive {
			continue
		}
		asked := fmt.Sprintf("%s %s %s", k.Title, k.verb(), strings.Join(clipped(k.Wanted), " or "))
		if k.Inverted {
			asked = "not (" + asked + ")"
		}
		fmt.Fprintf(b, "    %s  %s; %s  [%s]\n", k.sign(), asked, k.was(), k.Path)
	}
}

func (k *Condition) sign() string {
	switch k.Holds {
	case filter.True:
		return "yes"
	case filter.False:
		return "no "
	case filter.Undecided:
		return "?  "
	}
	return "n/a"
}

// verb puts the operators that most filters use into words.
func (k *Condition) verb() string {
	switch filter.Operator(k.Operator) {
	case filter.Eq:
		return "is"
	case filter.Neq:
		return "is not"
	case filter.Gt:
		return "is more than"
	case filter.Lt:
		return "is less than"
	case filter.Contains:
		return "contains"
	case filter.Isset:
		return "is set:"
	}
	return k.Operator
}

func (k *Condition) was() string {
	switch {
	case k.Note != "":
		return k.Note
	case k.State == filter.Unobtainable:
		return "it was not to be had"
	case k.State != filter.Known:
		return "it was " + k.State.String()
	}
	if len(k.Got) == 0 {
		return "there was none"
	}
	return "was " + strings.Join(clipped(k.Got), ", ")
}

// clipped keeps long lists from filling the screen.
func clipped(list []string) []string {
	const most = 6
	if len(list) <= most {
		return list
	}
	return append(append([]string(nil), list[:most]...), fmt.Sprintf("and %d more", len(list)-most))
}
