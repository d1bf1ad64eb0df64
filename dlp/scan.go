package dlp

import (
	"context"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/referee-casb/referee/dlp/fingerprint"
	"github.com/referee-casb/referee/dlp/internal/dfa"
	"github.com/referee-casb/referee/dlp/internal/plain"
	"github.com/referee-casb/referee/dlp/internal/trie"
	"github.com/referee-casb/referee/fault"
)

// Options say what a scan looks for and reports.
type Options struct {
	Types   []string // ids; empty for all of the engine's. An id that it doesn't have is an error
	Matches int      // how many places a type to report, masked; 0 for none
	Last    int      // how many digits or letters at a match's end stay readable, at most 4
	Context int      // how many characters on each side of a reported place to show, masked; at most MaxContext
	// Confidence leaves out what is less sure, in counts and places: 65, 75, 85, or 0 for all.
	Confidence int
	// Enough ends the scan early: it is called after each match with the type's counts so far, at that match's confidence
	// or more. A scan that ended early reports what it had seen.
	Enough func(typ string, confidence, count int) bool
}

// window is how much text is looked at between looks at the context.
const window = 64 << 10

// Scan is one text on its way through an engine. It is used by one goroutine.
type Scan struct {
	e       *Engine
	opt     Options
	enabled []bool // by type

	buf   []byte // the text in its plain form
	plain plain.Text
	base  int64 // where in the plain text buf begins
	done  int   // in buf: everything that begins (or ends, for Anywhere) before it is decided
	total int64
	ended bool

	word    *dfa.WordSearch
	search  *dfa.Search
	hits    []dfa.Hit
	backs   []dfa.Hit
	found   []trie.Hit
	decided []int64 // by pattern: 1 + the last start at which it was decided
	lastTyp []int64 // by type: where its last whole-word match ended
	lastPat []int64 // by pattern: the same for the others
	chases  []chase // by pattern: of the others
	best    []candidate
	near    evidence
	tally   []tally // by type
	prints  *fingerprint.Scan
	enough  bool
	failed  error // of a Judge: there is no report
}

// candidate is a match that passed its check, in buf.
type candidate struct {
	typ, pattern int
	start, end   int
	confidence   int
}

// Start begins a scan.
func (e *Engine) Start(opt Options) (*Scan, error) {
	s := &Scan{
		e: e, opt: opt, enabled: make([]bool, len(e.types)), decided: make([]int64, len(e.patterns)),
		lastTyp: make([]int64, len(e.types)), lastPat: make([]int64, len(e.patterns)), chases: make([]chase, len(e.patterns)), tally: make([]tally, len(e.types)),
	}
	s.near.init(e)
	if e.word != nil {
		s.word = e.word.Search()
	}
	if e.anywhere != nil {
		s.search = e.anywhere.Search()
	}
	s.opt.Context = min(max(opt.Context, 0), MaxContext)
	for i := range s.enabled {
		s.enabled[i] = len(opt.Types) == 0
	}
	for _, id := range opt.Types {
		i := e.index(id)
		if i < 0 {
			return nil, fault.New(fault.NotFound, "dlp scan", "there is no information type %q: `referee dlp types list` shows them", id)
		}
		s.enabled[i] = true
	}
	if slices.ContainsFunc(e.printed, func(i int) bool { return s.enabled[i] }) {
		s.prints = e.prints.Start()
	}
	return s, nil
}

func (e *Engine) index(id string) int {
	for i := range e.types {
		if e.types[i].ID == id {
			return i
		}
	}
	return -1
}

// Scan reads r to its end and reports what is in it. A reader's error and the end of ctx are errors: there is no report
// of half a text, unless Options.Enough ended it.
func (e *Engine) Scan(ctx context.Context, r io.Reader, opt Options) (Report, error) {
	s, err := e.Start(opt)
	if err != nil {
		return Report{}, err
	}
	piece := make([]byte, window)
	for empty := 0; ; {
		n, err := r.Read(piece)
		if ferr := s.Feed(ctx, piece[:n]); ferr != nil {
			return Report{}, ferr
		}
		switch {
		case s.enough:
			return s.Finish(ctx)
		case errors.Is(err, io.EOF):
			return s.Finish(ctx)
		case err != nil:
			return Report{}, fault.Wrap(err, "dlp scan", "text")
		case n > 0:
			empty = 0
		case empty >= 100:
			return Report{}, fault.Wrap(io.ErrNoProgress, "dlp scan", "text")
		default:
			empty++
		}
	}
}

// Feed takes the next piece of the text, of any size. It keeps no reference to it. An error is the end of ctx.
func (s *Scan) Feed(ctx context.Context, piece []byte) error {
	if s.prints != nil && !s.enough {
		s.prints.Feed(piece)
	}
	for len(piece) > 0 && !s.enough {
		if s.buf == nil {
			s.buf = make([]byte, 0, window+s.e.ahead+s.e.behind+utf8.UTFMax) // some for what plain holds back
		}
		n := min(len(piece), cap(s.buf)-utf8.UTFMax-len(s.buf))
		s.buf = s.plain.Append(s.buf, piece[:n])
		s.total += int64(n)
		piece = piece[n:]
		if len(s.buf) < cap(s.buf)-utf8.UTFMax {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fault.As(err, fault.Unavailable, "dlp scan", "text")
		}
		s.decide(len(s.buf) - s.e.ahead)
		if s.failed != nil {
			return s.failed
		}
		s.forget()
	}
	return nil
}

// Writer is a writer that feeds the scan, for text that is pushed. It fails with [ErrEnough] when Options.Enough has ended
// the scan, and at the end of ctx.
func (s *Scan) Writer(ctx context.Context) io.Writer { return &feeder{ctx, s} }

// ErrEnough says that a scan needs no more text.
var ErrEnough = errors.New("the scan has seen enough")

type feeder struct {
	ctx  context.Context
	scan *Scan
}

func (f *feeder) Write(text []byte) (int, error) {
	if err := f.scan.Feed(f.ctx, text); err != nil {
		return 0, err
	}
	if f.scan.enough {
		return 0, ErrEnough
	}
	return len(text), nil
}

// Enough says whether Options.Enough ended the scan.
func (s *Scan) Enough() bool { return s.enough }

// Finish says that the text ends here and reports what was in it. It is called once.
func (s *Scan) Finish(ctx context.Context) (Report, error) {
	if err := ctx.Err(); err != nil {
		return Report{}, fault.As(err, fault.Unavailable, "dlp scan", "text")
	}
	if !s.enough {
		s.ended = true
		s.buf = s.plain.End(s.buf)
		s.decide(len(s.buf))
		if s.search != nil && !s.enough {
			for _, p := range s.search.End() {
				s.ending(int(p), len(s.buf))
			}
		}
	}
	if s.failed != nil {
		return Report{}, s.failed
	}
	s.resemblances()
	return s.report(), nil
}

// decide looks at all places before limit.
func (s *Scan) decide(limit int) {
	if s.word != nil {
		s.word.Moved()
		s.wholeWords(limit)
	}
	if s.search != nil {
		s.others(limit)
	}
	if !s.e.words.Empty() {
		s.found = s.e.words.Next(s.buf, s.done, limit, s.found[:0])
		for _, h := range s.found {
			s.single(int(h.ID), h.Start, h.End)
		}
	}
	s.done = max(s.done, limit)
}

// forget drops text that nothing can ask for any more.
func (s *Scan) forget() {
	cut := s.done - s.e.behind
	if cut <= 0 {
		return
	}
	s.buf = s.buf[:copy(s.buf, s.buf[cut:])]
	s.base += int64(cut)
	s.done -= cut
	s.near.moved(cut)
	s.plain.Forget(s.base)
}

// byteBefore is the byte in front of buf[i], or dfa.NoByte at the beginning of the text.
func (s *Scan) byteBefore(i int) int {
	if i == 0 {
		return dfa.NoByte
	}
	return int(s.buf[i-1])
}

func (s *Scan) wholeWords(limit int) {
	for at := s.done; at < limit && !s.enough; {
		var start int
		start, s.hits, at = s.word.Next(s.buf, at, limit, s.byteBefore(at), s.hits[:0])
		if start >= 0 {
			s.whole(start)
		}
	}
}

// whole decides about the matches that begin at start, whose ends are s.hits: for each pattern the longest that passes,
// for each type the one of the highest confidence, then the longest, then of the first pattern.
func (s *Scan) whole(start int) {
	pos := s.base + int64(start)
	s.best = s.best[:0]
	for i := len(s.hits) - 1; i >= 0; i-- {
		h := s.hits[i]
		if h.End == start || !trie.Border(s.buf, start, h.End) {
			continue
		}
		for _, number := range h.Patterns {
			p := &s.e.patterns[number]
			if !s.enabled[p.typ] || pos < s.lastTyp[p.typ] || s.decided[number] == pos+1 {
				continue
			}
			c := candidate{typ: p.typ, pattern: int(number), start: start, end: h.End}
			if p.alone == 0 && p.judge == nil { // the keyword first: mostly there is none, and it is cheap to see
				if c.confidence = s.confidence(p, start, h.End); c.confidence == 0 || p.check != nil && !p.check(s.buf[start:h.End]) {
					continue
				}
			} else {
				if p.check != nil && !p.check(s.buf[start:h.End]) {
					continue
				}
				if c.confidence = s.confidence(p, start, h.End); c.confidence == 0 {
					continue
				}
			}
			s.decided[number] = pos + 1
			s.prefer(c)
		}
	}
	for _, c := range s.best {
		s.lastTyp[c.typ] = s.base + int64(c.end)
		s.count(c)
	}
}

func (s *Scan) prefer(c candidate) {
	for i := range s.best {
		b := &s.best[i]
		if b.typ != c.typ {
			continue
		}
		if c.confidence > b.confidence || c.confidence == b.confidence && (c.end > b.end || c.end == b.end && c.pattern < b.pattern) {
			*b = c
		}
		return
	}
	s.best = append(s.best, c)
}

// confidence is that of a match of p, given the keywords around it.
func (s *Scan) confidence(p *pattern, start, end int) int {
	if p.without >= 0 && s.near.has(s, p.without, start, end, p.proximity) {
		return 0
	}
	if p.judge != nil {
		return s.judged(p, start, end)
	}
	if p.nearby > p.alone && p.keywords >= 0 && s.near.has(s, p.keywords, start, end, p.proximity) {
		return p.nearby
	}
	return p.alone
}

func (s *Scan) others(limit int) {
	for at := s.done; at < limit && !s.enough; {
		var h dfa.Hit
		h, at = s.search.Next(s.buf, at, limit)
		for _, p := range h.Patterns {
			if h.End > 0 {
				s.ending(int(p), h.End)
			}
		}
	}
}

// ending decides about the matches of an Anywhere pattern that end at end: the one that begins leftmost, not before the
// pattern's last match, as long as it can be.
func (s *Scan) ending(number, end int) {
	p := &s.e.patterns[number]
	low := max(0, end-p.length, int(s.lastPat[number]-s.base))
	if !s.enabled[p.typ] || low >= end || !s.reaches(number, end) {
		return
	}
	after := dfa.NoByte
	if end < len(s.buf) {
		after = int(s.buf[end])
	}
	s.backs = p.back.MatchBack(s.buf, low, end, after, s.byteBefore(low), s.backs[:0])
	if len(s.backs) == 0 {
		s.pursue(number, low, end)
		return
	}
	start := s.backs[len(s.backs)-1].End
	if start >= end {
		return
	}
	reach := min(len(s.buf), start+p.length+1)
	s.hits = p.forth.Match(s.buf[:reach], start, s.byteBefore(start), s.ended && reach == len(s.buf), s.hits[:0])
	for _, h := range s.hits {
		if h.End-start <= p.length {
			end = max(end, h.End)
		}
	}
	s.lastPat[number] = s.base + int64(end)
	if p.check == nil || p.check(s.buf[start:end]) {
		s.judge(number, start, end)
	}
}

// chase follows one Anywhere pattern from where its last match ended. What begins before does not count any more, yet goes
// on to end at every further byte, such as each digit of a number longer than MaxMatch: walking back from each of them
// in vain would cost MaxMatch steps a byte.
type chase struct {
	search *dfa.Search
	from   int64 // lastPat when it began
	at     int64 // in the text: how far it went
}

// pursue begins to follow a pattern, after a walk back from end found nothing that begins at low or later.
func (s *Scan) pursue(number, low, end int) {
	c := chase{search: s.e.patterns[number].anywhere.SearchAfter(s.byteBefore(low)), from: s.lastPat[number], at: s.base + int64(low)}
	s.chases[number] = c
	s.reaches(number, end) // which says no, and is there for the next one
}

// reaches reports whether the pattern may have a match that ends at end and begins after its last match. Ends are asked
// for in order.
func (s *Scan) reaches(number, end int) bool {
	c := &s.chases[number]
	if c.search == nil || c.from != s.lastPat[number] || c.at < s.base { // the last: nothing ended for long, and the text is gone
		c.search = nil
		return true
	}
	for at := int(c.at - s.base); at <= end && at < len(s.buf); {
		var h dfa.Hit
		if h, at = c.search.Next(s.buf, at, min(end+1, len(s.buf))); h.End == end {
			c.at = s.base + int64(at)
			return true
		}
		c.at = s.base + int64(at)
	}
	return end == len(s.buf) && len(c.search.End()) > 0
}

// single decides about a keyword that is a match.
func (s *Scan) single(number, start, end int) {
	p := &s.e.patterns[number]
	if s.enough || !s.enabled[p.typ] || s.base+int64(start) < s.lastPat[number] {
		return
	}
	if p.check == nil || p.check(s.buf[start:end]) {
		s.lastPat[number] = s.base + int64(end)
		s.judge(number, start, end)
	}
}

func (s *Scan) judge(number, start, end int) {
	p := &s.e.patterns[number]
	if c := s.confidence(p, start, end); c > 0 {
		s.count(candidate{typ: p.typ, pattern: number, start: start, end: end, confidence: c})
	}
}
