package policy

import (
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/strict"
)

// The session controls of Conditional Access, as package session names them.
const (
	controlMonitorOnly    = "monitorOnly"
	controlBlockDownloads = "blockDownloads"
	controlCustom         = "mcasConfigured"
)

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

// conds returns the conditions of a tree in written order.
func conds(n *filter.Node) []*filter.Node {
	var out []*filter.Node
	n.Walk(func(c *filter.Node) { out = append(out, c) })
	return out
}

// ParseDuration reads a time as documents write it: 7d, 1d12h, 90m.
func ParseDuration(s string) (time.Duration, bool) { return strict.ParseDuration(s) }

// FormatDuration writes what [ParseDuration] reads.
func FormatDuration(d time.Duration) string { return strict.FormatDuration(d) }
