package policy

import (
	"fmt"
	"strings"

	"github.com/referee-casb/referee/filter"
)

// String renders the explanation for a helpdesk: the outcome first, then the policies that matched, then those
// that missed with the condition that missed. It is meant to fit a screen.
func (e Explanation) String() string {
	var b strings.Builder
	b.WriteString("Outcome: " + e.summary() + "\n")
	for _, round := range []bool{true, false} {
		for i := range e.Policies {
			c := &e.Policies[i]
			if (c.Matched || c.Outcome == filter.Undecided) == round {
				c.write(&b)
			}
		}
	}
	if len(e.Policies) == 0 {
		b.WriteString("No policy is about this.\n")
	}
	return b.String()
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
		fmt.Fprintf(b, "    %s %s: %s %s %s, was %s\n", k.sign(), k.Path, k.Title, k.Operator, strings.Join(clipped(k.Wanted), " or "), k.was())
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

func (k *Condition) was() string {
	if k.State != filter.Known {
		return k.State.String()
	}
	if len(k.Got) == 0 {
		return "nothing"
	}
	return strings.Join(clipped(k.Got), ", ")
}

// clipped keeps long lists from filling the screen.
func clipped(list []string) []string {
	const most = 6
	if len(list) <= most {
		return list
	}
	return append(append([]string(nil), list[:most]...), fmt.Sprintf("and %d more", len(list)-most))
}
