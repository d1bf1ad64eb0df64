package dlp

import (
	"fmt"
	"strings"
	"testing"
)

const ownDocument = `kind: InformationType
id: case-number
name: Case number
description: Numbers of cases at the helpdesk
proximity: 40
keywords: [case, ticket]
patterns:
  - regexp: 'C-\d{4,}'
    confidence: 65
    withKeyword: 85
    except: {values: [C-0000], regexps: ['^C-9']}
  - regexp: '\b\d{16}\b'
    checksum: luhn
    without: [test]
  - words: [Project Nightjar, 夜鷹]
---
kind: InformationTypeBundle
id: helpdesk
name: Helpdesk
types: [case-number, credit-card-number]
`

func TestDecodeTypes(t *testing.T) {
	t.Parallel()
	types, bundles, mistakes := DecodeTypes([]byte(ownDocument))
	if len(mistakes) > 0 || len(types) != 1 || len(bundles) != 1 || len(bundles[0].Types) != 2 {
		t.Fatalf("%v %v %v", types, bundles, mistakes)
	}
	e := mustEngine(t, types)
	for text, want := range map[string]string{
		"C-1234": "65:1", "ticket C-1234, C-0000, C-9123": "85:1", "4111111111111111": "75:1", "4111111111111112": "", "test 4111111111111111": "",
		"about project-nightjar and 夜鷹計画": "75:2", "AC-12345": "65:1",
	} {
		got := ""
		for _, f := range scanText(t, e, []byte(text), Options{}).Findings {
			got += fmt.Sprintf("%d:%d", f.Confidence, f.Count)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestDecodeTypesMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"kind: InformationType\nid: Case\nname: x\npatterns: [{regexp: a}]":                                                 `2:5: id: "Case" is not an id`,
		"kind: InformationTyp\nid: a\nname: x":                                                                              "1:7: kind:",
		"id: a\nname: x\nkind: InformationType":                                                                             "1:1: patterns: \"patterns\" is missing",
		"kind: InformationType\nid: a\nname: x\npatterns:\n- regexp: '('":                                                   "5:11: patterns[0].regexp: missing closing )",
		"kind: InformationType\nid: a\nname: x\npatterns:\n- regexp: 'a*'":                                                  "5:11: patterns[0].regexp: matches the empty text",
		"kind: InformationType\nid: a\nname: x\npatterns:\n- regexp: a\n  words: [b]":                                       "5:3: patterns[0]: a pattern has either",
		"kind: InformationType\nid: a\nname: x\npatterns:\n- regexp: a\n  confidence: 70":                                   "6:15: patterns[0].confidence: 70 is not",
		"kind: InformationType\nid: a\nname: x\npatterns:\n- regexp: a\n  withKeyword: 85":                                  "6:16: patterns[0].withKeyword: there are no keywords",
		"kind: InformationType\nid: a\nname: x\nkeywords: [b]\npatterns:\n- regexp: a\n  confidence: 85\n  withKeyword: 75": "8:16: patterns[0].withKeyword: a keyword must raise",
		"kind: InformationType\nid: a\nname: x\npatterns:\n- words: ['--']":                                                 "5:10: patterns[0].words: \"--\" is no keyword",
		"kind: InformationType\nid: a\nname: x\npatterns:\n- regexp: a\n  checksum: lun":                                    "6:13: patterns[0].checksum:",
		"kind: InformationType\nid: a\nname: x\npatterns:\n- regexp: a\n  except: {regexps: ['[']}":                         "patterns[0].except.regexps: missing closing ]",
		"kind: InformationType\nid: a\nname: x\npatterns:\n- regexp: '(?:(?:[a-z]{100}){9}){1000}'":                         "patterns[0].regexp",
		"kind: InformationType\nid: a\nname: x\npattern: []":                                                                `4:1: pattern: no key is called "pattern"`,
		"kind: InformationType\nid: a\nname: x\npatterns: []":                                                               "4:11: patterns: has 0 patterns",
		"a: [": "not YAML",
		"- a":  "must be a mapping",
		`{"kind": "InformationTypeBundle", "id": "a", "name": "b"}`:                         "types",
		ownDocument + "---\nkind: InformationTypeBundle\nid: helpdesk\nname: x\ntypes: [a]": "is used above",
	} {
		_, _, mistakes := DecodeTypes([]byte(text))
		if len(mistakes) == 0 || !strings.Contains(mistakes.Error(), want) {
			t.Errorf("%s:\n%v\nwant %s", text, mistakes, want)
		}
	}
}

// TestDictionary scans with a hundred thousand words.
func TestDictionary(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("kind: InformationType\nid: names\nname: Names\npatterns:\n- words:\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "  - 'w%dx name%d'\n", i*7919%100_003, i)
	}
	types, _, mistakes := DecodeTypes([]byte(b.String()))
	if len(mistakes) > 0 {
		t.Fatal(mistakes[0])
	}
	r := scanText(t, mustEngine(t, types), []byte("W7919X  Name1 and w0x-name0, w1x name0, w0x name00"), Options{Matches: 9})
	if len(r.Matches) != 2 || r.Findings[0].Unique != 2 {
		t.Errorf("%+v", r)
	}
}

func FuzzDecodeTypes(f *testing.F) {
	f.Add(ownDocument)
	f.Add(`{"kind":"InformationType","id":"a","name":"b","patterns":[{"regexp":"a{3}"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		types, _, mistakes := DecodeTypes([]byte(text))
		if len(mistakes) > 0 {
			return
		}
		if _, err := New(types); err != nil && !strings.Contains(err.Error(), "taken") {
			t.Errorf("decoded without mistakes, and refused: %v", err)
		}
	})
}
