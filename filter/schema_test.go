package filter

import (
	"slices"
	"strings"
	"testing"
)

func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	text := func(*row) (string, State) { return "", Known }
	number := func(*row) (int64, State) { return 0, Known }
	good := Field[row]{Info: Info{Name: "a", Title: "A", Kind: KindText, Doc: "d", Column: "a"}, Text: text}
	with := func(change func(f *Field[row])) Field[row] {
		f := good
		f.Name, f.Column = "b", "b"
		change(&f)
		return f
	}
	for _, c := range []struct {
		name  string
		field Field[row]
		want  string
	}{
		{"double name", with(func(f *Field[row]) { f.Name = "a" }), `name "a" is taken`},
		{"double alias", with(func(f *Field[row]) { f.Aliases = []string{"a"} }), `name "a" is taken`},
		{"double column", with(func(f *Field[row]) { f.Column = "a" }), `column "a" is taken`},
		{"column of another's fold", with(func(f *Field[row]) { f.Column, f.Kind = "a_key", 0 }), "no kind"},
		{"no name", with(func(f *Field[row]) { f.Name = "" }), "not a field name"},
		{"reserved name", with(func(f *Field[row]) { f.Name = "any" }), "not a field name"},
		{"reserved alias", with(func(f *Field[row]) { f.Aliases = []string{"not"} }), `alias "not" is not a field name`},
		{"name with a quote", with(func(f *Field[row]) { f.Name = `b"` }), "not a field name"},
		{"column with a quote", with(func(f *Field[row]) { f.Column = `b"; DROP` }), "is not a plain name"},
		{"no doc", with(func(f *Field[row]) { f.Doc = "" }), "title and doc are needed"},
		{"no accessor", with(func(f *Field[row]) { f.Text = nil }), "accessor Text is missing"},
		{"wrong accessor", with(func(f *Field[row]) { f.Number = number }), "accessor Number does not belong to a text field"},
		{"half a list", with(func(f *Field[row]) { f.Many = true }), "accessor TextAt is missing"},
		{"enum without values", with(func(f *Field[row]) { f.Kind = KindEnum }), "an enum, and nothing else, lists its values"},
		{"text with values", with(func(f *Field[row]) { f.Values = []Choice{{Name: "x"}} }), "an enum, and nothing else, lists its values"},
		{"double value", with(func(f *Field[row]) {
			f.Kind, f.Values = KindEnum, []Choice{{Name: "x"}, {Name: "y", Aliases: []string{"X"}}}
		}), `value "X" is empty or doubled`},
		{"folding number", with(func(f *Field[row]) { f.Kind, f.Fold, f.Text, f.Number = KindNumber, true, nil, number }), "only text, enum and id fold case"},
		{"list of bool", with(func(f *Field[row]) { f.Kind, f.Many = KindBool, true }), "a list of bool is not supported"},
		{"over nothing", with(func(f *Field[row]) { f.Text, f.Column, f.Over = nil, "", []string{"zz"} }), `"zz" in Over is not a plain text field`},
		{"over another case rule", with(func(f *Field[row]) { f.Text, f.Column, f.Over, f.Fold = nil, "", []string{"a"}, true }), "same case rule"},
	} {
		_, err := NewSchema("row", []Field[row]{good, c.field})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := NewSchema[row]("row", nil); err == nil {
		t.Error("an empty schema is accepted")
	}
	if _, err := NewSchema("row", []Field[row]{good}); err != nil {
		t.Error(err)
	}
}

func TestEveryOperatorIsDescribed(t *testing.T) {
	t.Parallel()
	seen := map[Operator]bool{}
	for _, o := range Operators() {
		if seen[o.Name] || o.Doc == "" || len(o.Kinds) == 0 || o.Name.Info() == nil {
			t.Errorf("%s is doubled or not described", o.Name)
		}
		seen[o.Name] = true
		if o.Positive != "" && !slices.Equal(o.Kinds, o.Positive.Info().Kinds) {
			t.Errorf("%s fits other kinds than %s", o.Name, o.Positive)
		}
	}
	if len(seen) != 22 { // Defender's 21, and substring
		t.Errorf("%d operators, want 22", len(seen))
	}
}

func TestFact(t *testing.T) {
	t.Parallel()
	r := benchRow()
	r.sizes = []int64{-1, 4}
	for field, want := range map[string]string{
		"user.name": "ola.nordmann@contoso.com", "name": "ola.nordmann@contoso.com", "tags": "unmanaged remote", "sizes": "4", "count": "42",
		"when": "2026-11-24T12:00:00Z", "admin": "false", "ip.address": "203.0.113.7", "text": "", "nothing": "",
	} {
		if got := strings.Join(testSchema.Fact(r, field).Strings(), " "); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	empty := &row{states: map[string]State{"app": Unobtainable}}
	for field, want := range map[string]State{"user.name": NotSet, "tags": NotSet, "sizes": NotSet, "when": NotSet, "ip.address": NotSet, "app": Unobtainable, "count": Known} {
		if got := testSchema.Fact(empty, field).State; got != want {
			t.Errorf("%s: %v, want %v", field, got, want)
		}
	}
}
