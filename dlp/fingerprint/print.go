package fingerprint

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Bounds of prints.
const (
	MinHashes = 8        // less wording is found in too many texts
	MaxHashes = 4096     // of a longer sample, those with the least values
	MaxText   = 64 << 10 // bytes of a print that is written down
	winnow    = 4        // of so many neighbours one is kept
)

// Print is what is kept of a sample: hashes of its wording, ascending.
type Print struct{ Hashes []uint64 }

// Make makes the print of a sample's text. It fails for a sample with too little wording to be told from others.
func Make(text []byte) (Print, error) {
	var s shingler
	var all []uint64
	emit := func(h uint64) { all = append(all, h) }
	s.feed(text, emit)
	s.end(emit)
	var kept []uint64
	for i := 0; i+winnow <= len(all); i++ {
		kept = append(kept, slices.Min(all[i:i+winnow]))
	}
	if len(all) < winnow {
		kept = all
	}
	slices.Sort(kept)
	kept = slices.Compact(kept)
	if len(kept) > MaxHashes {
		kept = kept[:MaxHashes]
	}
	if len(kept) < MinHashes {
		return Print{}, fmt.Errorf("the sample has too little wording to be known again: %d words make %d marks, and it takes %d", s.n, len(kept), MinHashes)
	}
	return Print{slices.Clone(kept)}, nil
}

// header marks a print and says how it was made; another way of cutting or hashing would be another number.
const header = "rfp1:"

// String writes a print down: the differences of its hashes as varints, in base64.
func (p Print) String() string {
	b := make([]byte, 0, 7*len(p.Hashes))
	last := uint64(0)
	for _, h := range p.Hashes {
		b = binary.AppendUvarint(b, h-last)
		last = h
	}
	return header + base64.RawStdEncoding.EncodeToString(b)
}

// Parse reads what String wrote. White space in it is passed over.
func Parse(text string) (Print, error) {
	var p Print
	text = strings.Join(strings.Fields(text), "")
	text, ok := strings.CutPrefix(text, header)
	if !ok {
		return p, fmt.Errorf("it does not begin with %s", header)
	}
	if len(text) > MaxText {
		return p, fmt.Errorf("it is too long")
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil {
		return p, fmt.Errorf("it is damaged: %w", err)
	}
	last := uint64(0)
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if n <= 0 || d == 0 && len(p.Hashes) > 0 || d > math.MaxUint64-last {
			return Print{}, fmt.Errorf("it is damaged after %d marks", len(p.Hashes))
		}
		b = b[n:]
		last += d
		p.Hashes = append(p.Hashes, last)
	}
	if n := len(p.Hashes); n < MinHashes || n > MaxHashes {
		return Print{}, fmt.Errorf("it has %d marks, and takes %d to %d", n, MinHashes, MaxHashes)
	}
	return p, nil
}
