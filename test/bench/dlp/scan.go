package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp/syntax"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/sit"
	"github.com/referee-casb/referee/test/corpus"
)

// scan is Referee's process: it scans one file and says what it found.
func scan(which, file string) error {
	types := sit.All()
	switch which {
	case "hundred":
		types = hundred()
	case "bare":
		types = hundred()
		for i := range types {
			p := &types[i].Patterns[0]
			p.Check, p.Alone, p.Near, p.Without = nil, dlp.High, 0, nil
		}
	}
	e, err := dlp.New(types)
	if err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := e.Scan(context.Background(), f, dlp.Options{})
	if err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	a := answer{Allocs: after.Mallocs - before.Mallocs}
	most := map[string]int{}
	for _, finding := range r.Findings {
		most[finding.Type] = max(most[finding.Type], finding.Count)
	}
	for _, n := range most {
		a.Found += n
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

// hundred are a hundred expressions that every engine understands alike: 66 of numbers, 34 of secrets, one a type. They
// begin and end with an ASCII letter or digit, since \b means something else elsewhere.
func hundred() []dlp.Type {
	var numbers, secrets []dlp.Type
	for _, t := range sit.All() {
		for _, p := range t.Patterns {
			if p.Expr == "" || !plain(p.Expr) {
				continue
			}
			one := t
			one.Patterns = []dlp.Pattern{p}
			if t.Group == dlp.Credential {
				secrets = append(secrets, one)
			} else {
				numbers = append(numbers, one)
			}
			break
		}
	}
	return append(spread(numbers, 66), spread(secrets, 34)...)
}

// spread takes n of a list, evenly.
func spread(list []dlp.Type, n int) []dlp.Type {
	out := make([]dlp.Type, 0, n)
	for i := range n {
		out = append(out, list[i*len(list)/n])
	}
	return out
}

func plain(expr string) bool {
	for _, r := range expr {
		if r >= 0x80 {
			return false
		}
	}
	re, err := syntax.Parse(expr, syntax.Perl)
	return err == nil && !strings.ContainsAny(expr, "\n") && edges(re.Simplify(), true) && edges(re.Simplify(), false)
}

// edges says whether everything that the expression matches begins (or ends) with an ASCII letter, digit or underscore.
func edges(re *syntax.Regexp, first bool) bool {
	switch re.Op {
	case syntax.OpLiteral:
		r := re.Rune[0]
		if !first {
			r = re.Rune[len(re.Rune)-1]
		}
		return syntax.IsWordChar(r)
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			if re.Rune[i+1] >= 0x80 || !syntax.IsWordChar(re.Rune[i]) || !syntax.IsWordChar(re.Rune[i+1]) || re.Rune[i+1]-re.Rune[i] > 25 {
				return false
			}
		}
		return true
	case syntax.OpCapture, syntax.OpPlus:
		return edges(re.Sub[0], first)
	case syntax.OpRepeat:
		return re.Min > 0 && edges(re.Sub[0], first)
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(s *syntax.Regexp) bool { return !edges(s, first) })
	case syntax.OpConcat:
		subs := slices.Clone(re.Sub)
		if !first {
			slices.Reverse(subs)
		}
		for _, s := range subs {
			if !edges(s, first) {
				return optional(s) && edgesInside(s, first) && edgesRest(subs, s, first)
			}
			if !optional(s) {
				return true
			}
		}
	}
	return false
}

func optional(re *syntax.Regexp) bool {
	return re.Op == syntax.OpQuest || re.Op == syntax.OpStar || re.Op == syntax.OpRepeat && re.Min == 0
}

func edgesInside(re *syntax.Regexp, first bool) bool { return edges(re.Sub[0], first) }

// edgesRest looks at what follows an optional part.
func edgesRest(subs []*syntax.Regexp, after *syntax.Regexp, first bool) bool {
	i := slices.Index(subs, after) + 1
	if i == len(subs) {
		return false
	}
	if optional(subs[i]) {
		return edgesInside(subs[i], first) && edgesRest(subs, subs[i], first)
	}
	return edges(subs[i], first)
}

// slowTexts are made to be slow: every byte counts, or much is found, or the automata see ever new states.
func slowTexts(n int) map[string][]byte {
	var exprs, positives []string
	for _, t := range sit.All() {
		for _, p := range t.Patterns {
			if p.Expr != "" {
				exprs = append(exprs, p.Expr)
			}
		}
		positives = append(positives, t.Positives...)
	}
	return map[string][]byte{
		"state bomb (parts of matches)": corpus.Fragments(1, exprs, n),
		"every type's examples":         corpus.Joined(2, positives, n),
		"digits and separators":         corpus.Of(3, "01234567890123456789 -./AB", n),
		"groups of digits":              corpus.Of(4, "0123456789 ", n),
		"capitals and digits":           corpus.Of(5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -", n),
		"base64":                        corpus.Of(6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_.=", n),
		"not quite text":                corpus.Of(7, "0123456789 \u00ff\u0001éł中Ａ", n),
		"not quite addresses":           corpus.Of(8, "aA0._-@ ", n),
		"a table of people":             corpus.People(9, n),
		"logs":                          corpus.Logs(10, n),
		"prose":                         corpus.Prose(11, n),
	}
}

func sortedNames(texts map[string][]byte) []string { return slices.Sorted(maps.Keys(texts)) }

// printTable shows each row with how many times faster Referee is on the same text.
func printTable(to io.Writer, rows []*row) {
	var own float64
	for _, r := range rows {
		if r.Engine == "Referee, verified" {
			own = r.Rate
		}
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "engine\ttext\tMB\tCPU s\tMB/CPU s\tCPU s/MB\tfound\tallocations\tReferee is\tgoal")
	for _, r := range rows {
		times, goal := "", ""
		if !strings.HasPrefix(r.Engine, "Referee") && own > 0 {
			times = fmt.Sprintf("%.1f times as fast", own/r.Rate)
			switch r.Engine {
			case "gitleaks":
				goal = verdict(own >= 50*r.Rate, "50 times")
			case "vectorscan":
				goal = verdict(own >= 1.5*r.Rate, "1.5 times")
			}
		}
		if r.Goal > 0 {
			goal = verdict(r.Rate >= r.Goal, fmt.Sprintf("%.0f MB/s", r.Goal))
		}
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%.2f\t%.1f\t%.4f\t%d\t%d\t%s\t%s\n", r.Engine, r.Text, float64(r.Bytes)/1e6, r.CPU, r.Rate, 1/r.Rate, r.Found, r.Allocs, times, goal)
	}
	_ = w.Flush()
}

func verdict(met bool, goal string) string {
	if met {
		return goal + ": met"
	}
	return goal + ": MISSED"
}
