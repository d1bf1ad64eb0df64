package filter

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func mustProgram(t testing.TB, text string) *Program[row] {
	t.Helper()
	_, p, err := testSchema.ReadJSON([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func TestEvalDoesNotAllocate(t *testing.T) {
	many := `["` + strings.Repeat(`x","`, 1) + strings.Join([]string{"a", "b", "c", "d", "e", "f", "g", "h", "ærø.pdf"}, `","`) + `"]`
	for name, text := range map[string]string{
		"seven terms":    sevenTerms,
		"folded set":     `{"user.name": {"eq": ` + many + `}}`,
		"words":          `{"user.name": {"contains": "Nordmann CONTOSO", "ncontains": "fabrikam"}}`,
		"prefix":         `{"user.name": {"startswith": "OLA", "endswith": ".com", "doesnotstartwith": "x"}}`,
		"full text":      `{"text": {"text": "unmanaged ola"}}`,
		"address prefix": `{"ip.address": {"startswith": "203.0."}}`,
		"days":           `{"when": {"gte_ndays": 3}}`,
		"list":           `{"tags": {"eq": "REMOTE", "isset": true}, "sizes": {"gt": "1 MB"}}`,
	} {
		p := mustProgram(t, text)
		for _, who := range []string{"ola.nordmann@contoso.com", "Ola.Nordmann@Contoso.com", "Åse.Nordmann@contoso.com"} {
			r := benchRow()
			r.name, r.sizes = who, []int64{5, 5e6}
			if n := testing.AllocsPerRun(100, func() { p.Eval(r, testNow) }); n != 0 {
				t.Errorf("%s on %s: %v allocations, want none", name, who, n)
			}
		}
	}
}

func TestOpenFactsAreThreeValued(t *testing.T) {
	t.Parallel()
	unknown := func(fields ...string) *row {
		r := benchRow()
		r.states = map[string]State{}
		for _, f := range fields {
			state := Unknown
			if name, lost := strings.CutPrefix(f, "!"); lost {
				f, state = name, Unobtainable
			}
			r.states[f] = state
		}
		return r
	}
	for _, c := range []struct {
		name, filter string
		row          *row
		want         Tri
		missing      []string
	}{
		{"known", `{"app": {"eq": "sharepoint"}}`, unknown(), True, nil},
		{"unknown", `{"app": {"eq": "sharepoint"}}`, unknown("app"), Undecided, []string{"app"}},
		{"unknown, negative", `{"app": {"neq": "sharepoint"}}`, unknown("app"), Undecided, []string{"app"}},
		{"unknown, isset", `{"tags": {"isset": true}}`, unknown("tags"), Undecided, []string{"tags"}},
		{"unobtainable", `{"app": {"eq": "sharepoint"}}`, unknown("!app"), Undecidable, nil},
		{"false settles all", `{"app": {"eq": "x"}, "tags": {"eq": "a"}}`, unknown("tags"), False, nil},
		{"true settles any", `{"any": [{"app": {"eq": "sharepoint"}}, {"tags": {"eq": "a"}}]}`, unknown("tags"), True, nil},
		{"unknown before unobtainable, all", `{"app": {"eq": "sharepoint"}, "tags": {"eq": "a"}}`, unknown("!app", "tags"), Undecided, []string{"tags"}},
		{"unknown before unobtainable, any", `{"any": [{"app": {"eq": "q"}}, {"tags": {"eq": "a"}}]}`, unknown("!app", "tags"), Undecided, []string{"tags"}},
		{
			"only what matters", `{"any": [{"app": {"eq": "q"}, "tags": {"eq": "a"}}, {"count": {"gt": 1}, "phase": {"eq": "block"}}]}`,
			unknown("tags", "phase"), Undecided,
			[]string{"phase"},
		},
		{"not keeps it open", `{"not": {"tags": {"eq": "a"}}}`, unknown("tags"), Undecided, []string{"tags"}},
		{"not set is certain", `{"tags": {"eq": "a"}}`, &row{states: map[string]State{"tags": NotSet}}, False, nil},
	} {
		p := mustProgram(t, c.filter)
		if got := p.Eval(c.row, testNow); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		var missing []string
		p.Missing(c.row, testNow, func(f string) { missing = append(missing, f) })
		if !slices.Equal(missing, c.missing) {
			t.Errorf("%s: missing %v, want %v", c.name, missing, c.missing)
		}
	}
}

func TestNecessary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		filter, field, want string
		bound               bool
	}{
		{`{"app": {"eq": ["a", "b"]}, "count": {"gt": 1}}`, "app", "a b", true},
		{`{"app": {"neq": ["a", "b"]}}`, "app", "", false},
		{`{"not": {"app": {"neq": ["a", "b"]}}}`, "app", "a b", true},
		{`{"any": [{"app": {"eq": "a"}}, {"app": {"eq": "b"}, "count": {"gt": 1}}]}`, "app", "a b", true},
		{`{"any": [{"app": {"eq": "a"}}, {"count": {"gt": 1}}]}`, "app", "", false},
		{`{"not": {"any": [{"app": {"neq": "a"}}, {"count": {"gt": 1}}]}}`, "app", "a", true},
		{`{"app": {"eq": ["a", "b"]}, "all": [{"app": {"eq": "b"}}]}`, "app", "b", true},
		{`{"user.name": {"eq": "ANNA"}}`, "user.name", "anna", true},
		{`{"count": {"range": {"start": 3, "end": 5}}}`, "count", "3 4 5", true},
		{`{"count": {"gt": 3}}`, "count", "", false},
		{`{"phase": {"eq": 1}}`, "phase", "block", true},
		{`{}`, "app", "", false},
	} {
		values, bound := mustProgram(t, c.filter).Necessary(c.field)
		if strings.Join(values, " ") != c.want || bound != c.bound {
			t.Errorf("%s: %v %v, want %q %v", c.filter, values, bound, c.want, c.bound)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := mustProgram(t, `{"app": {"eq": ["a", "sharepoint"]}, "not": {"tags": {"neq": "remote"}}, "any": [{"count": {"lt": 5}}, {"count": {"range": {"start": 40}}}]}`)
	r := benchRow()
	if got := p.Eval(r, testNow); got != True {
		t.Fatalf("eval %v, want true", got)
	}
	got := p.Explain(r, testNow)
	want := []Reason{
		{Path: "app.eq", Field: "app", Title: "App", Operator: Eq, Wanted: []string{"a", "sharepoint"}, Got: []string{"sharepoint"}, State: Known, Outcome: True, Settled: true},
		{Path: "not.tags.neq", Field: "tags", Title: "Tags", Operator: Neq, Wanted: []string{"remote"}, Got: []string{"unmanaged", "remote"}, State: Known, Outcome: False, Inverted: true, Settled: true},
		{Path: "any[0].count.lt", Field: "count", Title: "Count", Operator: Lt, Wanted: []string{"5"}, Got: []string{"42"}, State: Known, Outcome: False},
		{Path: "any[1].count.range", Field: "count", Title: "Count", Operator: Range, Wanted: []string{"from 40"}, Got: []string{"42"}, State: Known, Outcome: True, Settled: true},
	}
	same := func(a, b Reason) bool {
		return slices.Equal(a.Wanted, b.Wanted) && slices.Equal(a.Got, b.Got) && a.Path == b.Path && a.Field == b.Field && a.Title == b.Title &&
			a.Operator == b.Operator && a.State == b.State && a.Outcome == b.Outcome && a.Inverted == b.Inverted && a.Settled == b.Settled
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestAddressFamiliesStayApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wanted, addr string
		want         Tri
	}{
		{"203.0.113.0/24", "203.0.113.255", True},
		{"203.0.113.0/24", "203.0.114.0", False},
		{"203.0.113.0/24", "::ffff:203.0.113.9", True},
		{"::ffff:203.0.113.9", "203.0.113.9", True},
		{"::/0", "203.0.113.9", False},
		{"::/0", "::1", True},
		{"::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", True},
		{"0.0.0.0/0", "203.0.113.9", True},
		{"0.0.0.0/0", "2001:db8::1", False},
		{"2001:db8::/32", "2001:db8:ffff::1", True},
		{"2001:db8::/32", "2001:db9::", False},
		{"2001:db8::/65", "2001:db8::7fff:ffff:ffff:ffff", True},
		{"2001:db8::/65", "2001:db8::8000:0:0:0", False},
		{"2001:db8::/64", "2001:db8::ffff:0:0:0", True},
		{"fe80::1", "fe80::1%eth0", True},
	} {
		p := mustProgram(t, `{"ip.address": {"eq": "`+c.wanted+`"}}`)
		if got := p.Eval(&row{addr: netip.MustParseAddr(c.addr)}, testNow); got != c.want {
			t.Errorf("%s eq %s: %v, want %v", c.addr, c.wanted, got, c.want)
		}
	}
}
