package dlp

import (
	"context"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/referee-casb/referee/dlp/fingerprint"
	"github.com/referee-casb/referee/dlp/internal/plain"
	"github.com/referee-casb/referee/dlp/internal/trie"
)

// Bounds of explanations: they are for people, and don't go through the engine's automaton.
const (
	MaxExplained = 1 << 20 // bytes of text
	maxTrials    = 100
)

// Trial is a place that has the form of one of a type's patterns, and what became of it.
type Trial struct {
	Pattern    int    `json:"pattern"` // from 1
	Start      int    `json:"start"`   // in bytes
	End        int    `json:"end"`
	Masked     string `json:"masked"`
	Confidence int    `json:"confidence"` // 0: no finding
	Found      bool   `json:"found"`      // counted as a match; else a near miss
	// Border is false when a letter or digit touches it.
	Border bool `json:"border"`
	// Check is how it fared at the type's check in code: "passed", "failed", or "" for none.
	Check string `json:"check,omitempty"`
	// Judged says that a table decided, and JudgeError why it could not.
	Judged     bool   `json:"judged,omitempty"`
	JudgeError string `json:"judgeError,omitempty"`
	// Keyword is the nearest of the keywords that support it, and Against of those that speak against it.
	Keyword *Nearby `json:"keyword,omitempty"`
	Against *Nearby `json:"against,omitempty"`
}

// Nearby is a keyword beside a match.
type Nearby struct {
	Word     string `json:"word"`
	Distance int    `json:"distance"` // in characters
	Within   bool   `json:"within"`   // the type's proximity
}

// Explanation says what a type makes of a text.
type Explanation struct {
	Report     Report  `json:"report"` // of the engine: what holds
	Trials     []Trial `json:"trials"` // in the order of the text, the first hundred
	Proximity  int     `json:"proximity"`
	Similarity int     `json:"similarity,omitempty"` // per cent of a fingerprint
}

// Explain looks for one type in a text and says why what it found is found, and why what looks like it is not.
func Explain(ctx context.Context, t *Type, text []byte) (Explanation, error) {
	e, err := New([]Type{*t})
	if err != nil {
		return Explanation{}, err
	}
	x := Explanation{Proximity: t.Proximity, Trials: []Trial{}}
	if x.Proximity == 0 {
		x.Proximity = DefaultProximity
	}
	s, err := e.Start(Options{Matches: 1000, Context: MaxContext / 2})
	if err != nil {
		return x, err
	}
	if err = s.Feed(ctx, text); err == nil {
		x.Report, err = s.Finish(ctx)
	}
	var failed error
	if err != nil && ctx.Err() == nil {
		failed, err = err, nil // of a judge: each trial says it
	}
	if err != nil {
		return x, err
	}
	if t.Print != nil {
		p := fingerprint.NewIndex([]fingerprint.Print{t.Print.Fingerprint}).Start()
		p.Feed(text)
		p.End()
		x.Similarity = p.Similarity(0)
	}
	var form plain.Text // the engine's
	shown := form.End(form.Append(nil, text[:min(len(text), MaxExplained)]))
	for i := range t.Patterns {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		x.try(t, i, shown)
	}
	for i := range x.Trials {
		from, to := form.Origin(int64(x.Trials[i].Start), int64(x.Trials[i].End))
		x.Trials[i].Start, x.Trials[i].End = int(from), int(to)
	}
	slices.SortStableFunc(x.Trials, func(a, b Trial) int { return a.Start - b.Start })
	x.Trials = x.Trials[:min(len(x.Trials), maxTrials)]
	for i := range x.Trials {
		tr := &x.Trials[i]
		tr.Found = slices.ContainsFunc(x.Report.Matches, func(m Match) bool {
			return m.Start == int64(tr.Start) && m.End == int64(tr.End) && m.Confidence == tr.Confidence
		})
	}
	return x, failed
}

// near finds keywords around places.
type near struct {
	words []string
	hits  []trie.Hit
}

func nearOf(words []string, text []byte) near {
	n := near{words: words}
	if len(words) == 0 {
		return n
	}
	entries := make([]trie.Entry, len(words))
	for i, w := range words {
		entries[i] = trie.Entry{Keyword: w, ID: uint32(i)} //nolint:gosec // bounded by MaxWords
	}
	n.hits = trie.Build(entries).Next(text, 0, len(text), nil)
	return n
}

// of is the nearest keyword to a place, nil when there is none in the text.
func (n near) of(text []byte, start, end, proximity int) *Nearby {
	var best *Nearby
	for _, h := range n.hits {
		d := 0
		switch {
		case h.End <= start:
			d = utf8.RuneCount(text[h.End:start])
		case h.Start >= end:
			d = utf8.RuneCount(text[end:h.Start])
		default:
			continue
		}
		if best == nil || d < best.Distance {
			best = &Nearby{n.words[h.ID], d, d <= proximity}
		}
	}
	return best
}

// try adds the trials of one pattern.
func (x *Explanation) try(t *Type, number int, text []byte) {
	p := &t.Patterns[number]
	keywords := p.Keywords
	if keywords == nil {
		keywords = t.Keywords
	}
	if p.Near == 0 || p.Judge != nil {
		keywords = nil
	}
	support, against := nearOf(keywords, text), nearOf(p.Without, text)
	covered := 0
	for _, c := range formed(p, text) {
		tr := Trial{Pattern: number + 1, Start: c[0], End: c[1], Masked: mask(text[c[0]:c[1]], 0), Border: p.Anywhere || len(p.Words) > 0 || trie.Border(text, c[0], c[1])}
		if !tr.Border && tr.Start < covered { // a part of what was tried already
			continue
		}
		covered = max(covered, tr.End)
		if p.Check != nil {
			tr.Check = "failed"
			if p.Check(text[c[0]:c[1]]) {
				tr.Check = "passed"
			}
		}
		tr.Keyword = support.of(text, c[0], c[1], x.Proximity)
		tr.Against = against.of(text, c[0], c[1], x.Proximity)
		x.decide(&tr, p, text)
		if x.Trials = append(x.Trials, tr); len(x.Trials) > 10*maxTrials {
			return
		}
	}
}

// decide says how sure a trial is, as the engine would.
func (x *Explanation) decide(tr *Trial, p *Pattern, text []byte) {
	if !tr.Border || tr.Check == "failed" || tr.Against != nil && tr.Against.Within {
		return
	}
	switch {
	case p.Judge != nil:
		low, high := before(text, tr.Start, x.Proximity), after(text, tr.End, x.Proximity)
		c, err := p.Judge(text[low:high], tr.Start-low, tr.End-low)
		tr.Confidence, tr.Judged = c, true
		if err != nil {
			tr.JudgeError = err.Error()
		}
	case p.Near > p.Alone && tr.Keyword != nil && tr.Keyword.Within:
		tr.Confidence = p.Near
	default:
		tr.Confidence = p.Alone
	}
}

// formed are where a pattern's form is, the longest of those that stand for themselves and pass the check first.
func formed(p *Pattern, text []byte) [][2]int {
	var out [][2]int
	if len(p.Words) > 0 {
		for _, h := range nearOf(p.Words, text).hits {
			out = append(out, [2]int{h.Start, h.End})
		}
		return out
	}
	re, err := regexp.Compile(p.Expr)
	if err != nil {
		return nil
	}
	re.Longest()
	if p.Anywhere {
		for _, m := range re.FindAllIndex(text, maxTrials) {
			if m[1] > m[0] {
				out = append(out, [2]int{m[0], m[1]})
			}
		}
		return out
	}
	at := regexp.MustCompile(`^(?:` + p.Expr + `)`)
	at.Longest()
	for from := 0; from < len(text) && len(out) < 10*maxTrials; {
		m := re.FindIndex(text[from:])
		if m == nil {
			break
		}
		start, end := from+m[0], from+m[1]
		best := [2]int{start, end}
		for cut := end; cut > start; { // shorter ones, when the longest is not for itself
			if trie.Border(text, start, cut) && (p.Check == nil || p.Check(text[start:cut])) {
				best[1] = cut
				break
			}
			shorter := at.FindIndex(text[start : cut-1])
			if shorter == nil || shorter[1] == 0 {
				break
			}
			cut = start + shorter[1]
		}
		out = append(out, best)
		_, size := utf8.DecodeRune(text[start:])
		from = start + max(size, 1)
		if trie.Border(text, best[0], best[1]) {
			from = max(from, best[1])
		}
	}
	return out
}
