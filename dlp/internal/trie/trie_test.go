package trie

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func find(t *Trie, text string) []string {
	var out []string
	for _, h := range t.Next([]byte(text), 0, len(text), nil) {
		out = append(out, fmt.Sprintf("%d:%s", h.ID, text[h.Start:h.End]))
	}
	return out
}

func TestNext(t *testing.T) {
	t.Parallel()
	tr := Build([]Entry{{"SSN", 1}, {"social security", 2}, {"social", 3}, {"身份证", 4}, {"numéro", 5}, {"ssn#", 6}, {"ssn", 7}, {"--", 8}, {"", 8}, {"ת.ז", 9}, {"n°", 10}})
	for text, want := range map[string][]string{
		"ssn":                   {"1:ssn", "7:ssn"},
		"xssn ssnx ssn9 _SSN_":  {"1:SSN", "7:SSN"},
		"Ssn#1":                 {"1:Ssn", "7:Ssn", "6:Ssn#"},
		"social_security":       {"3:social", "2:social_security"},
		"SOCIAL \n\t- security": {"3:SOCIAL", "2:SOCIAL \n\t- security"},
		"socialsecurity":        nil,
		"我的身份证号":                {"4:身份证"},
		"NUMÉRO énuméro":        {"5:NUMÉRO"},
		"הת.ז":                  {"9:ת.ז"},
		"ＳＳＮ":                   {"1:ＳＳＮ", "7:ＳＳＮ"},
		"social\u00a0security":  {"3:social", "2:social\u00a0security"},
		"social" + strings.Repeat(" ", 99) + "security": {"3:social"},
	} {
		if got := find(tr, text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if !Build(nil).Empty() || tr.Empty() || find(Build(nil), "a") != nil {
		t.Error("the empty trie")
	}
}

// FuzzNext sees that a match never reaches further than Reach says, and is what its keyword folds to.
func FuzzNext(f *testing.F) {
	f.Add("social security", "a Social--Security b")
	f.Fuzz(func(t *testing.T, keyword, text string) {
		if !utf8.ValidString(text) || !utf8.ValidString(keyword) {
			return
		}
		tr := Build([]Entry{{keyword, 1}})
		for _, h := range tr.Next([]byte(text), 0, len(text), nil) {
			if h.End-h.Start > tr.Reach() || Fold(text[h.Start:h.End]) != Fold(keyword) {
				t.Errorf("%q finds %q", keyword, text[h.Start:h.End])
			}
		}
	})
}
