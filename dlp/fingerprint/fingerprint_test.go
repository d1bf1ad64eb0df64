package fingerprint_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp/fingerprint"
)

const form = `Application for parental leave. Please complete this form in block letters and return it to the human resources department
no later than eight weeks before the first day of leave. Name of the employee: ____ Personnel number: ____ Department: ____
I hereby apply for parental leave under section fifteen of the act for the period from ____ until ____. During this time I intend
to work part time for ____ hours a week. I confirm that my partner does not claim leave for the same period, or that we share it as
described on the second page. Signature of the employee: ____ Decision of the department: granted / refused for the following
reasons ____. A copy of this form is kept in the personnel file for three years after the end of the leave.`

var filled = strings.NewReplacer("employee: ____", "employee: MARIA EXAMPLE", "number: ____", "number: 00417", "Department: ____", "Department: Sales", "from ____", "from 1 May", "until ____", "until 30 June", "for ____", "for 12").Replace(form)

const other = `The quarterly report on sales of the northern region follows. Orders rose by four per cent over the year before, mostly in the second
half, while returns fell. The department expects growth to slow down in spring, when two large contracts end. No new staff is planned.
Please send remarks on this draft to the author before Friday. A copy goes to the board with the usual summary on the first page.`

func similarity(t *testing.T, p fingerprint.Print, text string, piece int) int {
	t.Helper()
	s := fingerprint.NewIndex([]fingerprint.Print{{Hashes: []uint64{1, 2, 3}}, p}).Start()
	for b := []byte(text); len(b) > 0; {
		n := min(piece, len(b))
		s.Feed(b[:n])
		b = b[n:]
	}
	s.End()
	return s.Similarity(1)
}

func TestSimilarity(t *testing.T) {
	t.Parallel()
	p, err := fingerprint.Make([]byte(form))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text     string
		low, top int
	}{
		"itself":       {form, 100, 100},
		"filled in":    {filled, 60, 99},
		"within other": {other + "\n\n" + filled + "\n\n" + other, 60, 99},
		"layout":       {strings.ToUpper(strings.Join(strings.Fields(form), "\r\n\t")), 100, 100},
		"first half":   {form[:len(form)/2], 30, 60},
		"another text": {other, 0, 5},
		"nothing":      {"", 0, 0},
	} {
		for _, piece := range []int{1, 7, 1 << 20} {
			if got := similarity(t, p, c.text, piece); got < c.low || got > c.top {
				t.Errorf("%s in pieces of %d: %d %%, want %d to %d", name, piece, got, c.low, c.top)
			}
		}
	}
}

// TestCuts sees that a text is the same text, however it is cut, in scripts of all kinds and with broken runes.
func TestCuts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same texts each time
	alphabet := []string{"a", "B", "é", "É", "ß", "е", "夜", "鷹", "ก", " ", " ", "-", "\n", "7", "\xff", "\xe5\xa4", "e\u0301", "𝒳", "\u2028"}
	for range 200 {
		var b strings.Builder
		for range 400 {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		p, err := fingerprint.Make([]byte(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range []int{1, 2, 3, 5, 64} {
			if got := similarity(t, p, b.String(), piece); got != 100 {
				t.Fatalf("%q in pieces of %d: %d %%", b.String(), piece, got)
			}
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	p, err := fingerprint.Make([]byte(form))
	if err != nil {
		t.Fatal(err)
	}
	text := p.String()
	again, err := fingerprint.Parse(text[:20] + "\n  " + text[20:])
	if err != nil || !slices.Equal(p.Hashes, again.Hashes) {
		t.Errorf("%v: %d and %d marks", err, len(p.Hashes), len(again.Hashes))
	}
	for _, bad := range []string{"", "rfp1:", "rfp2:" + text[5:], text[:len(text)-1] + "!", "rfp1:AAAAAAAAAAAA", "rfp1:" + strings.Repeat("A", 1<<20)} {
		if _, err := fingerprint.Parse(bad); err == nil {
			t.Errorf("%.20q was taken", bad)
		}
	}
	for _, little := range []string{"", "one two three", "yes yes yes yes yes yes yes yes yes yes yes yes yes yes yes"} {
		if _, err := fingerprint.Make([]byte(little)); err == nil {
			t.Errorf("%q was taken", little)
		}
	}
	long, err := fingerprint.Make(bytes.Repeat([]byte(form), 3))
	if err != nil || similarity(t, long, form, 1<<20) < 90 {
		t.Errorf("%v: a form that is there three times is not like itself", err)
	}
}

func FuzzParse(f *testing.F) {
	p, err := fingerprint.Make([]byte(form))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.String())
	f.Add("rfp1:AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := fingerprint.Parse(text)
		if err != nil {
			return
		}
		again, err := fingerprint.Parse(p.String())
		if err != nil || !slices.Equal(p.Hashes, again.Hashes) || !slices.IsSorted(p.Hashes) {
			t.Errorf("%v: %v and %v", err, p.Hashes, again.Hashes)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	p, err := fingerprint.Make([]byte(form))
	if err != nil {
		b.Fatal(err)
	}
	x := fingerprint.NewIndex([]fingerprint.Print{p})
	text := []byte(strings.Repeat(other, 1<<12))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s := x.Start()
		s.Feed(text)
		s.End()
	}
}
