package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/strict"
)

var (
	mailPattern  = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	clockPattern = regexp.MustCompile(`^([01][0-9]|2[0-4]):([0-5][0-9])$`)
	weekdays     = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
)

// DefaultRollout is what a document's rollout means where it does not say more.
func DefaultRollout() Rollout {
	return Rollout{
		Phase: PhaseMonitor, After: 7 * 24 * time.Hour, ReadBefore: 24 * time.Hour, Sessions: 20, People: 3,
		Hours: WorkingHours{Days: [7]bool{1: true, 2: true, 3: true, 4: true, 5: true}, From: 8 * 60, To: 16 * 60},
	}
}

func decodeRollout(r *strict.Reader, parent *strict.Map, action Action) *Rollout {
	m := parent.Map("rollout")
	if m == nil {
		return nil
	}
	out := DefaultRollout()
	then := string(action)
	strict.Word(m, "phase", &out.Phase, PhaseMonitor, PhaseEnforce)
	m.Text("then", &then)
	if action != "" && then != string(action) {
		r.Wrong(m.At("then"), m.Path("then"), "write then: "+string(action), "what comes after must be the policy's action, not %q", strict.Clip(then))
	}
	if action.gate() == GateAllow && action != "" {
		r.Wrong(parent.At("rollout"), m.Path(""), "remove rollout", "%s stops nobody, so there is nothing to roll out", action)
	}
	m.Duration("after", &out.After, time.Hour, 365*24*time.Hour)
	m.Duration("readBefore", &out.ReadBefore, time.Hour, 30*24*time.Hour)
	m.Int("sessions", &out.Sessions, 0, MaxRolloutSessions)
	m.Int("people", &out.People, 0, 1_000_000)
	if h := m.Map("workingHours"); h != nil {
		decodeHours(r, h, &out.Hours)
	}
	m.Done()
	return &out
}

func decodeHours(r *strict.Reader, m *strict.Map, to *WorkingHours) {
	var days []string
	strict.Words(m, "days", &days, weekdays...)
	if len(days) > 0 {
		to.Days = [7]bool{}
		for i, d := range weekdays {
			for _, have := range days {
				to.Days[i] = to.Days[i] || have == d
			}
		}
	}
	clock := func(key string, to *int) {
		s := FormatClock(*to)
		m.Text(key, &s)
		if parts := clockPattern.FindStringSubmatch(s); parts != nil && s <= "24:00" {
			fmt.Sscanf(parts[1], "%d", to) //nolint:errcheck // the pattern has checked it
			var minutes int
			fmt.Sscanf(parts[2], "%d", &minutes) //nolint:errcheck // the pattern has checked it
			*to = *to*60 + minutes
			return
		}
		r.Wrong(m.At(key), m.Path(key), `write it like "08:00"`, "%q is not a time of day", strict.Clip(s))
	}
	clock("from", &to.From)
	clock("to", &to.To)
	if to.From >= to.To {
		r.Wrong(m.At("to"), m.Path("to"), "", "the working day ends before it begins")
	}
	m.Done()
}

// FormatClock writes minutes after midnight as a time of day.
func FormatClock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// placeholders are the words in braces that block messages may hold.
var placeholders = []string{"user", "file", "app", "policy", "contact", "reference"}

var placeholderPattern = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

func decodeMessage(r *strict.Reader, m *strict.Map, key string, to *string, further ...string) {
	placeholders := slices.Concat(placeholders, further)
	m.Text(key, to)
	if len(*to) > 8<<10 {
		r.Wrong(m.At(key), m.Path(key), "", "is longer than 8192 bytes")
	}
	for _, found := range placeholderPattern.FindAllStringSubmatch(*to, -1) {
		name := strings.TrimSpace(found[1])
		ok := false
		for _, p := range placeholders {
			ok = ok || p == name
		}
		if !ok {
			advice := filter.Suggest(name, placeholders)
			if advice == "" {
				advice = "use {{" + strings.Join(placeholders, "}}, {{") + "}}"
			}
			r.Wrong(m.At(key), m.Path(key), advice, "{{%s}} is not a placeholder", strict.Clip(name))
		}
	}
	rest := placeholderPattern.ReplaceAllString(*to, "")
	if strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		r.Wrong(m.At(key), m.Path(key), "write {{user}} with both pairs of braces", "a placeholder is not closed")
	}
}

// Placeholders returns the names that a block message may hold in double braces.
func Placeholders() []string { return append([]string(nil), placeholders...) }

// Fill replaces the placeholders of a message. Value returns what stands for a name, escaped for where the
// message goes; Fill escapes nothing.
func Fill(message string, value func(name string) string) string {
	return placeholderPattern.ReplaceAllStringFunc(message, func(found string) string {
		return value(strings.TrimSpace(found[2 : len(found)-2]))
	})
}
