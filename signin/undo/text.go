package undo

import (
	"fmt"
	"strings"
	"time"
)

// Markdown writes the plan for people: to be printed, or kept where it can be read when nothing else works.
func (p *Plan) Markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Taking %s back from Referee\n", clean(p.Name))
	line("Tenant `%s`, made %s from its settings of that moment. Make it anew after every change, and keep it where it can be read when Referee can't.\n", p.Tenant, p.Made.Format(time.RFC3339))
	line("## Who gets in\n")
	for _, a := range p.Accounts {
		text := fmt.Sprintf("- `%s` at %s", clean(a.Name), clean(a.At))
		if a.Note != "" {
			text += ": " + clean(a.Note)
		}
		if a.Tested != "" {
			text += " (tried " + clean(a.Tested) + ")"
		}
		line("%s", text)
	}
	for _, m := range p.Missing {
		line("- **missing**: %s", clean(m))
	}
	line("\nOn Referee's host, with every provider down: `referee admin recover` makes an administrator's token for an hour.\n")
	for i := range p.Apps {
		a := &p.Apps[i]
		head := string(a.Route)
		if a.Protocol != "" {
			head += ", " + a.Protocol
		}
		line("## %s (`%s`, %s)\n", clean(a.Name), a.ID, head)
		steps(&b, a.Steps)
	}
	line("## DNS and addresses\n")
	steps(&b, p.DNS)
	line("## Back to Referee\n")
	steps(&b, p.Back)
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func steps(b *strings.Builder, all []Step) {
	for i, s := range all {
		who := string(s.Where)
		if s.Who != "" {
			who += ", " + s.Who
		}
		fmt.Fprintf(b, "%d. **%s**: %s\n", i+1, clean(who), clean(s.Do))
		for _, v := range s.Settings {
			text := "   - " + clean(v.Name)
			if v.Now != "" {
				text += "; now: `" + clean(v.Now) + "`"
			}
			if v.Set != "" {
				text += "; set: `" + clean(v.Set) + "`"
			}
			fmt.Fprintln(b, text)
		}
		for _, c := range s.Commands {
			fmt.Fprintf(b, "   - run: `%s`\n", clean(c))
		}
	}
	fmt.Fprintln(b)
}

// clean keeps a value on its line and in its quotes.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '`':
			return '\''
		case r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029':
			return ' '
		}
		return r
	}, s)
}
