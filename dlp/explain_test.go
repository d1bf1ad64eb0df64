package dlp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/sit"
)

// TestExplain sees that every finding in the built-in types' own texts is explained, and at the same confidence.
func TestExplain(t *testing.T) {
	t.Parallel()
	for _, typ := range sit.All() {
		for _, text := range append(append([]string{}, typ.Positives...), typ.Negatives...) {
			x, err := dlp.Explain(t.Context(), &typ, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for _, tr := range x.Trials {
				if tr.Found {
					found++
				}
			}
			if found < len(x.Report.Matches) {
				t.Errorf("%s: %q has %d matches, of which %d are explained: %+v", typ.ID, text, len(x.Report.Matches), found, x.Trials)
			}
		}
	}
}

func TestExplainNearMisses(t *testing.T) {
	t.Parallel()
	var card dlp.Type
	for _, typ := range sit.All() {
		if typ.ID == "credit-card-number" {
			card = typ
		}
	}
	far := strings.Repeat("and so on ", 60)
	for text, want := range map[string]string{
		"Visa 4111 1111 1111 1111":                               "85 found passed visa 1 true",
		"4111 1111 1111 1111":                                    "65 found passed",
		"4111 1111 1111 1112":                                    "0 missed failed",
		"Visa " + far + "4111111111111111":                       "65 found passed visa 601 false",
		"x4111111111111111":                                      "0 missed passed no border",
		"Visa \uff14\uff11\uff11\uff11 1111\u00a01111\u20071111": "85 found passed visa 1 true",
		"nothing": "",
	} {
		x, err := dlp.Explain(t.Context(), &card, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, tr := range x.Trials {
			if tr.Pattern != 1 {
				continue
			}
			got = fmt.Sprint(tr.Confidence, map[bool]string{true: " found ", false: " missed "}[tr.Found], tr.Check)
			if tr.Keyword != nil {
				got += fmt.Sprint(" ", tr.Keyword.Word, " ", tr.Keyword.Distance, " ", tr.Keyword.Within)
			}
			if !tr.Border {
				got += " no border"
			}
		}
		if got != want {
			t.Errorf("%.40q: %q, want %q", text, got, want)
		}
	}
}
