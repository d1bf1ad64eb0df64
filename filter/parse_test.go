package filter

import (
	"errors"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func yamlNode(t testing.TB, text string) *yaml.Node {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return &n
}

// TestEveryMistakeIsReported reads documents with several mistakes and wants all of them, in document order.
func TestEveryMistakeIsReported(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, doc, want string }{
		{"names and values together", `
appp: {eq: x}
app: {equals: x}
name: {gt: 3}
phase: {eq: [monitor, blok]}
when: {gte: yesterday}
count: {eq: 1.5, lt: [1, 2]}
`, `
2:8: appp.eq: a row has no field "appp"; did you mean "app"?
3:7: app.equals: no operator is called "equals"; did you mean "eq"?
4:8: name.gt: gt does not fit the text field user.name; use eq, neq, deq, contains, ncontains, startswith, startswithsingle, doesnotstartwith, endswith, substring, descendantof, ndescendantof, text, isset or isnotset
5:23: phase.eq[1]: "blok" is not a value of phase; did you mean "block"?
6:13: when.gte: "yesterday" is not a time; write 2026-11-24, 2026-11-24T13:00:00Z or milliseconds since 1970
7:13: count.eq: "1.5" is not a whole number of 64 bits; write digits only
7:22: count.lt: lt takes one value, not 2; use any to combine several
`},
		{"shapes", `
app: onedrive
phase: {}
tags: {eq: []}
count: {eq: null}
user.name: {eq: ""}
any: {app: {eq: x}}
all: []
not: {}
`, `
2:6: app: a field takes {operator: values}, not "onedrive"; write app: {eq: …}
3:8: phase: the field has no operator; add an operator such as eq or isset
4:12: tags.eq: eq needs a value; use isnotset to match rows without a value
5:13: count.eq: null is not a value; use isnotset to match rows without a value
6:17: user.name.eq: an empty text is not a value; use isnotset to match rows without a value
7:6: any: any takes a list of filters, not a mapping; write any: [{…}, {…}]
8:6: all: all needs at least one filter
9:6: not: not needs a condition
`},
		{"nested paths", `
any:
  - all:
      - user.nme: {eq: x}
      - not: {ip.address: {eq: [10.0.0.0/8, 10.0.0.1/8, 300.0.0.1]}}
  - {}
  - just text
`, `
4:20: any[0].all[0].user.nme.eq: a row has no field "user.nme"; did you mean "user.name"?
5:45: any[0].all[1].not.ip.address.eq[1]: "10.0.0.1/8" has address bits after its prefix; write 10.0.0.0/8
5:57: any[0].all[1].not.ip.address.eq[2]: "300.0.0.1" is not an IP address; write an address such as 203.0.113.7 or a network such as 203.0.113.0/24
6:5: any[1]: an empty filter inside any matches everything
7:5: any[2]: a filter is a mapping, not "just text"; write {field: {operator: values}}
`},
		{"ranges, flags, days", `
count: {range: 5, isset: maybe, eq: [{start: 1}]}
sizes: {range: [{start: 9, end: 1}, {from: 1}, {}], gt: 5 XB}
when: {gte_ndays: -1, lte_ndays: soon}
ip.address: {range: [{start: 10.0.0.1}, {start: 10.0.0.1, end: "::1"}]}
admin: {eq: perhaps}
`, `
2:16: count.range: a range has a start and an end, it is not "5"; write {start: 1, end: 9}
2:26: count.isset: isset takes true or false, not "maybe"; write true
2:38: count.eq[0]: a value is text, a number, true or false, not a mapping
3:38: sizes.range[1].from: a range has a start and an end, no "from"; write {start: 1, end: 9}
3:48: sizes.range[2]: the range has neither start nor end; write {start: 1, end: 9}
3:57: sizes.gt: "XB" is not a unit of size; use kB, MB, GB, KiB, MiB or GiB
4:19: when.gte_ndays: "-1" is not a number of days from 0 to 36500
4:34: when.lte_ndays: "soon" is not a number of days from 0 to 36500
5:22: ip.address.range[0]: a range of addresses needs start and end; write {start: 203.0.113.1, end: 203.0.113.9}
5:41: ip.address.range[1]: the range mixes IPv4 and IPv6
6:13: admin.eq: "perhaps" is neither true nor false
`},
		{"doubles and merges", `
a: &a {eq: x}
app: {eq: x}
app: {eq: y}
phase: {<<: *a}
`, `
2:8: a.eq: a row has no field "a"
4:1: app: "app" is written twice; join the values in one list, or use all
5:9: phase: a key is a plain name, not a merge key
`},
		{"text without words", `{user.name: {contains: [ok, " - "], text: "..."}, tags: {eq: "a\u0000b"}}`, `
1:29: user.name.contains[1]: there is no word in it, only separators
1:43: user.name.text: there is no word in it, only separators
1:62: tags.eq: the value is not valid UTF-8 text without NUL and U+FFFD
`},
	} {
		_, _, err := testSchema.ReadYAML(yamlNode(t, c.doc))
		var got Mistakes
		errors.As(err, &got)
		if strings.TrimSpace(got.Error()) != strings.TrimSpace(c.want) {
			t.Errorf("%s: got\n%s\nwant%s", c.name, got.Error(), c.want)
		}
	}
}

// A wrong notation hides the values behind it, not those beside it: both documents are reported in one go.
func TestAliases(t *testing.T) {
	t.Parallel()
	n := yamlNode(t, "any:\n  - app: {eq: &apps [onedrive, box]}\n  - all:\n      - {app: {neq: *apps}}\n      - {name: {isset: true}}\n")
	tree, _, err := testSchema.ReadYAML(n)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"any":[{"app":{"eq":["onedrive","box"]}},{"app":{"neq":["onedrive","box"]},"name":{"isset":true}}]}`
	if got := tree.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"not":`, MaxDepth+2) + `{"app":{"eq":"x"}}` + strings.Repeat("}", MaxDepth+2)
	if _, ms := ParseJSON([]byte(deep)); len(ms) != 1 || !strings.Contains(ms[0].Reason, "nested more than") {
		t.Errorf("deep: %v", ms)
	}
	wide := `{"app":{"eq":["x"` + strings.Repeat(`,"y"`, MaxNodes) + `]}}`
	if _, ms := ParseJSON([]byte(wide)); len(ms) != 1 || !strings.Contains(ms[0].Reason, "more than 20000 parts") {
		t.Errorf("wide: %.200v", ms)
	}
	long := `{"app":{"eq":"` + strings.Repeat("x", MaxLength+1) + `"}}`
	if _, ms := ParseJSON([]byte(long)); len(ms) != 1 || !strings.Contains(ms[0].Reason, "longer than") {
		t.Errorf("long: %.200v", ms)
	}
	// Ten levels of ten aliases each are 10^10 values.
	bomb := "app: {eq: &a0 [x]}\n"
	laugh := "any: &b0 [{app: {eq: x}}]\nall:\n"
	for i := range 12 {
		laugh += "  - any: &b" + string(rune('a'+i)) + " ["
		prev := "*b0"
		if i > 0 {
			prev = "{any: *b" + string(rune('a'+i-1)) + "}"
		}
		if i == 0 {
			prev = "{any: *b0}"
		}
		laugh += strings.Repeat(prev+", ", 9) + prev + "]\n"
	}
	if _, ms := ParseYAML(yamlNode(t, laugh)); len(ms) == 0 || !strings.Contains(ms.Error(), "more than 20000 parts") {
		t.Errorf("aliases: %.300v", ms)
	}
	if _, ms := ParseYAML(yamlNode(t, bomb)); len(ms) != 0 {
		t.Errorf("%v", ms)
	}
	self := &Node{Shape: ShapeAll}
	self.Kids = []*Node{self}
	if _, err := testSchema.Bind(self); err == nil {
		t.Error("a tree that holds itself is bound")
	}
}

func TestJSONPositions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ doc, want string }{
		{"{\n  \"app\": {\"eq\": [\"x\",\n    7, null]}\n}", "3:8: app.eq[2]: null is not a value; use isnotset to match rows without a value"},
		{"{\"åäö\": 1, \"app\" : {\"eqq\": 1}}", "1:9: åäö: a field takes {operator: values}, not \"1\"; write åäö: {eq: …}\n1:21: app.eqq: no operator is called \"eqq\"; did you mean \"eq\"?"},
		{"{\"app\": ", "1:9: not JSON: the document ends too early"},
		{"{\"app\": tru}", "1:9: not JSON: invalid character '}' in literal true (expecting 'e')"},
		{"{} {}", "1:5: not JSON: there is more after the end of the document"},
		{"[1]", "1:1: a filter is a mapping, not a list; write {field: {operator: values}}"},
		{strings.Repeat("[", 200), "1:102: not JSON: nested more than 100 deep"},
	} {
		_, ms := ParseJSON([]byte(c.doc))
		if got := ms.Error(); got != c.want {
			t.Errorf("%.40s:\n got %s\nwant %s", c.doc, got, c.want)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ doc, want string }{
		{`{}`, `{}`},
		{`null`, `{}`},
		{`{"all":[{}]}`, `{}`},
		{`{"app":{"eq":"x"}}`, `{"app":{"eq":["x"]}}`},
		{`{"app":{"eq":["x","x"],"isset":[]}}`, `{"app":{"eq":["x"],"isset":true}}`},
		{`{"all":[{"app":{"eq":"x"}},{"all":[{"count":{"gt":1}},{"app":{"neq":"y"}}]}]}`, `{"app":{"eq":["x"],"neq":["y"]},"count":{"gt":1}}`},
		{`{"all":[{"app":{"eq":"x"}},{"app":{"eq":"y"}}]}`, `{"app":{"eq":["x"]},"all":[{"app":{"eq":["y"]}}]}`},
		{`{"any":[{"app":{"eq":"x"}}]}`, `{"app":{"eq":["x"]}}`},
		{`{"not":{"app":{"eq":1},"count":{"eq":1.0}}}`, `{"not":{"app":{"eq":[1]},"count":{"eq":[1.0]}}}`},
		{`{"all":[{"not":{"a":{"isset":true}}},{"not":{"b":{"isset":false}}}]}`, `{"not":{"a":{"isset":true}},"all":[{"not":{"b":{"isset":false}}}]}`},
		{`{"count":{"range":{"start":1}}}`, `{"count":{"range":[{"start":"1"}]}}`},
		{`{"app":{"eq":[1,"1",true,"true"]}}`, `{"app":{"eq":[1,"1",true,"true"]}}`},
	} {
		tree, ms := ParseJSON([]byte(c.doc))
		if len(ms) > 0 {
			t.Errorf("%s: %v", c.doc, ms)
			continue
		}
		if got := tree.String(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.doc, got, c.want)
		}
	}
}

func TestYAMLRoundTrip(t *testing.T) {
	t.Parallel()
	type document struct {
		Name    string `yaml:"name"`
		Filters *Node  `yaml:"filters"`
	}
	const text = `name: x
filters:
    app:
        eq:
            - "yes"
            - "007"
            - 0x1F
            - 2026-01-01
    any:
        - count:
            gt: 5
        - not:
            admin:
                eq:
                    - true
`
	var doc document
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	out, err := yaml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var again document
	if err := yaml.Unmarshal(out, &again); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if doc.Filters.String() != again.Filters.String() {
		t.Errorf("%s\n%s\n%s", out, doc.Filters, again.Filters)
	}
	err = yaml.Unmarshal([]byte("filters: {app: {eqq: x}}"), &doc)
	var ms Mistakes
	if !errors.As(err, &ms) || ms[0].Line != 1 {
		t.Errorf("error of a decoded document is %v", err)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"location.country", "user.domain", "user.name", "app", "appId", "ip.address"}
	for got, want := range map[string]string{
		"country": "location.country", "user.domian": "user.domain", "APP": "app", "ip.adress": "ip.address",
		"username": "user.name", "zzzzzz": "", "": "",
	} {
		if have := nearest(got, names); have != want {
			t.Errorf("nearest to %q is %q, want %q", got, have, want)
		}
	}
}
