package dlp

import (
	"bytes"
	"testing"
	"testing/iotest"
)

// TestDisguise finds numbers however their digits, spaces and hyphens are written, and says where they lie in the text
// as it came.
func TestDisguise(t *testing.T) {
	t.Parallel()
	e := mustEngine(t, testTypes())
	for _, number := range []string{
		"1234 5678 9014", "１２３４\u3000５６７８ ９０１４", "1234\u00A05678\u20119014", "12\u200B34 56\u00AD78 90\uFEFF14", "١٢٣٤ ٥٦٧٨ ٩٠١٤", "1234–5678−9014", "1\u202E234 5678 901\u20664", "𝟙𝟚𝟛𝟜 5678 9014",
	} {
		for _, around := range [][2]string{{"", ""}, {"é ", " é"}, {"\u200B", "\u200B"}, {"\u00A0card\u00A0", "\u00A0"}} {
			text := []byte(around[0] + number + around[1])
			for _, r := range []Report{scanText(t, e, text, Options{Matches: 5, Last: 4})} {
				if len(r.Matches) != 1 || string(text[r.Matches[0].Start:r.Matches[0].End]) != number || r.Bytes != int64(len(text)) {
					t.Errorf("%q: %+v", text, r)
				}
			}
			r, err := e.Scan(t.Context(), iotest.OneByteReader(bytes.NewReader(text)), Options{Matches: 5})
			if err != nil || len(r.Matches) != 1 || string(text[r.Matches[0].Start:r.Matches[0].End]) != number {
				t.Errorf("%q a byte at a time: %+v, %v", text, r, err)
			}
		}
	}
}
