package dlp

import (
	"fmt"

	"github.com/referee-casb/referee/dlp/fingerprint"
)

// Print is how a document is known by its wording: a text is a finding when at least so many per cent of the sample's
// fingerprint are in it. Zero leaves a level out.
type Print struct {
	Fingerprint       fingerprint.Print
	Low, Medium, High int
}

func (p *Print) validate() error {
	last := 0
	for _, at := range []int{p.Low, p.Medium, p.High} {
		if at < 0 || at > 100 || at != 0 && at <= last {
			return fmt.Errorf("the shares %d, %d and %d must rise, and be at most 100", p.Low, p.Medium, p.High)
		}
		last = max(last, at)
	}
	if last == 0 {
		return fmt.Errorf("no share of the fingerprint is enough")
	}
	return nil
}

// confidence is how sure a similarity is.
func (p *Print) confidence(share int) int {
	switch {
	case p.High > 0 && share >= p.High:
		return High
	case p.Medium > 0 && share >= p.Medium:
		return Medium
	case p.Low > 0 && share >= p.Low:
		return Low
	}
	return 0
}

func printIndex(types []Type, printed []int) *fingerprint.Index {
	if len(printed) == 0 {
		return nil
	}
	prints := make([]fingerprint.Print, len(printed))
	for k, i := range printed {
		prints[k] = types[i].Print.Fingerprint
	}
	return fingerprint.NewIndex(prints)
}

// resemblances counts the documents that the text is like: each is one match, of the whole text.
func (s *Scan) resemblances() {
	if s.prints == nil {
		return
	}
	s.prints.End()
	for k, i := range s.e.printed {
		share := s.prints.Similarity(k)
		c := s.e.types[i].Print.confidence(share)
		if !s.enabled[i] || c == 0 || c < s.opt.Confidence {
			continue
		}
		t := &s.tally[i]
		t.counts[levelOf(c)]++
		t.seen.add(uint64(i), uint8(levelOf(c)))
		if s.opt.Matches > 0 {
			t.places = append(t.places, Match{Type: s.e.types[i].ID, End: s.total, Confidence: c, Masked: fmt.Sprintf("(%d %% of the sample)", share)})
			if s.opt.Context > 0 {
				t.around = append(t.around, snippet{})
			}
		}
		if s.opt.Enough != nil && !s.enough {
			s.enough = s.opt.Enough(s.e.types[i].ID, c, 1)
		}
	}
}
