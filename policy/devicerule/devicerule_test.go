package devicerule

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/filter"
)

func TestRules(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		written      string // "" when as the rule
		unregistered bool
	}{
		`device.isCompliant -eq True`:                                                        {},
		`device.isCompliant -eq "true"`:                                                      {written: `device.isCompliant -eq True`},
		`(device.ISCOMPLIANT -EQ True)`:                                                      {written: `device.isCompliant -eq True`},
		`device.isCompliant -ne True`:                                                        {unregistered: true},
		`device.isCompliant eq True or device.trustType eq "ServerAD"`:                       {written: `device.isCompliant -eq True -or device.trustType -eq "ServerAD"`},
		`device.trustType -eq "serverad"`:                                                    {written: `device.trustType -eq "ServerAD"`},
		`device.model -in ["A", "B"]`:                                                        {},
		`device.model -notIn ['A','B"']`:                                                     {written: `device.model -notIn ["A", "B\""]`, unregistered: true},
		`device.model -eq "a\\b\"c\d"`:                                                       {written: `device.model -eq "a\\b\"c\\d"`},
		`device.mdmAppId -eq null`:                                                           {unregistered: true},
		`device.mdmAppId -ne NULL`:                                                           {written: `device.mdmAppId -ne null`},
		`device.model -eq "a" -or device.model -eq "b" -and device.model -ne "c"`:            {written: `device.model -eq "a" -or (device.model -eq "b" -and device.model -ne "c")`},
		`(device.model -eq "a" -or device.model -eq "b") -and device.model -ne "c"`:          {},
		`-not device.model -eq "a" -and device.model -ne "c"`:                                {written: `-not (device.model -eq "a") -and device.model -ne "c"`, unregistered: true},
		`-not (device.model -notContains "x" -or device.model -eq "y")`:                      {},
		`device.physicalIds -contains "[ZTDId]:7" -and device.systemLabels -notContains "x"`: {},
		`device.extensionAttribute15 -notStartsWith "Ærø"`:                                   {unregistered: true},
		"device.displayName\n\t-endsWith\n\"é\"":                                             {written: `device.displayName -endsWith "é"`},
	} {
		r, mistakes := Parse(rule)
		if len(mistakes) > 0 {
			t.Errorf("%s: %v", rule, mistakes)
			continue
		}
		want := c.written
		if want == "" {
			want = rule
		}
		if got := r.String(); got != want {
			t.Errorf("%s is written as %s", rule, got)
		}
		if r.Unregistered() != c.unregistered {
			t.Errorf("%s: matches unregistered devices: %t", rule, r.Unregistered())
		}
	}
}

// TestMistakes wants every mistake, each with the character where it stands.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"":                                          `character 1: the rule is empty; write it like device.isCompliant -eq True`,
		"  ":                                        `character 1: the rule is empty`,
		"device.isCompliant":                        `character 19: an operator is missing after device.isCompliant, before the end of the rule; add one of -eq, -ne`,
		"device.isCompliant -eq":                    `character 23: a value is missing before the end of the rule; put the value in quotes`,
		"device.isCompliant -eq yes":                `character 24: the value yes is not in quotes; write "yes"`,
		`device.isCompliant -eq "1"`:                `character 24: "1" is not a value of device.isCompliant; use True, False`,
		"isCompliant -eq True":                      `character 1: a condition begins with device. and an attribute, not with isCompliant; write device.isCompliant`,
		"user.department -eq \"HR\"":                `character 1: a condition begins with device. and an attribute, not with user.department`,
		"device.isCompliantt -eq True":              `character 8: "isCompliantt" is no attribute of a device in Conditional Access; did you mean "isCompliant"?`,
		`device.colour -eq "red"`:                   `character 8: "colour" is no attribute of a device in Conditional Access; the attributes are deviceId,`,
		`device.model == "a"`:                       `character 14: == is no operator; write -eq`,
		`device.model -contain "a"`:                 `character 14: -contain is no operator; did you mean "contains"?`,
		`device.model -match "a"`:                   `character 14: -match is no operator; use -eq, -ne, -startsWith`,
		`device.deviceId -startsWith "a"`:           `character 17: -startsWith does not fit device.deviceId; use -eq, -ne, -in, -notIn`,
		`device.physicalIds -eq "a"`:                `character 20: -eq does not fit device.physicalIds; use -contains, -notContains`,
		`device.trustType -eq "Joined"`:             `character 22: "Joined" is not a value of device.trustType; use AzureAD, ServerAD, Workplace`,
		`device.model -eq ["a"]`:                    `character 18: -eq takes one value, not a list; use -in, or one value without brackets`,
		`device.model -in "a"`:                      `character 18: -in takes a list in brackets, not "a"; write ["first", "second"]`,
		`device.model -in []`:                       `character 18: the list is empty; name at least one value`,
		`device.model -in ["a" "b"]`:                `character 23: "b" stands in a list of values; separate values by commas and end with ]`,
		`device.model -in ["a", null]`:              `character 24: the value null is not in quotes; write "null"`,
		`device.model -in ["a"`:                     `character 18: the list is never closed; close it with ]`,
		`device.model -eq "a`:                       `character 18: the quotation mark is never closed; add " where the value ends`,
		`device.model -eq “a”`:                      `character 18: “ is a typographic quotation mark; type " instead`,
		`device.model -eq ""`:                       `character 18: the value is empty; compare with null for devices without a value`,
		`(device.model -eq "a"`:                     `character 1: this parenthesis is never closed; close it`,
		`device.model -eq "a")`:                     `character 21: this parenthesis was never opened; remove it, or open one before`,
		`()`:                                        `character 2: a condition begins with device. and an attribute, not with )`,
		`device.model -eq "a" device.model -eq "b"`: `character 22: device.model stands where the rule should go on with -and or -or; put -and or -or before it`,
		`device.model -eq "a" -and`:                 `character 26: a condition begins with device. and an attribute, not with the end of the rule`,
		`-or device.model -eq "a"`:                  `character 1: a condition begins with device. and an attribute, not with -or`,
		`device.model -startsWith null`:             `character 26: the value null is not in quotes; write "null"`,
		"device.model -eq \"\xff\"":                 `character 1: the rule is not valid UTF-8`,
		strings.Repeat("(", 40) + `device.model -eq "a"` + strings.Repeat(")", 40): `character 26: the parentheses are nested deeper than 24`,
		`device.model -eq "` + strings.Repeat("a", 3072) + `"`:                     `character 3073: the rule is longer than 3072 characters`,
	} {
		r, mistakes := Parse(rule)
		if r != nil || len(mistakes) == 0 {
			t.Errorf("%s: accepted as %v", rule, r)
			continue
		}
		if got := mistakes[0].String(); !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", rule, got, want)
		}
	}
}

func TestEveryMistakeIsTold(t *testing.T) {
	t.Parallel()
	_, mistakes := Parse(`device.isCompliant -equals True -and (device.colour -eq "x" -or device.model -in [] ) -or device.trustType -eq "AD" -and device.model -ne 7`)
	var at []int
	for _, m := range mistakes {
		at = append(at, m.At)
	}
	if len(mistakes) != 5 {
		t.Errorf("%d mistakes, want 5: %v", len(mistakes), mistakes)
	}
	for i := 1; i < len(at); i++ {
		if at[i] < at[i-1] {
			t.Errorf("mistakes out of order: %v", mistakes)
		}
	}
}

// TestAttributesOfEntra keeps the table as long as Entra's page.
func TestAttributesOfEntra(t *testing.T) {
	t.Parallel()
	if n := len(Attributes()); n != 14+15 {
		t.Errorf("%d attributes, want 29", n)
	}
	for _, a := range Attributes() {
		for _, op := range a.Ops {
			rule := "device." + a.Name + " -" + string(op) + " "
			value := `"x"`
			if a.Values != nil {
				value = `"` + a.Values[0] + `"`
			}
			if op.list() {
				value = "[" + value + "]"
			}
			r, mistakes := Parse(rule + value)
			if len(mistakes) > 0 {
				t.Errorf("%s%s: %v", rule, value, mistakes)
				continue
			}
			if r.Unregistered() != op.Negative() {
				t.Errorf("%s%s matches unregistered devices: %t", rule, value, r.Unregistered())
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`device.isCompliant -eq True -or device.trustType -eq "ServerAD"`, `-not (device.model -in ["a", 'b\'']) -and device.mdmAppId -ne null`,
		`((device.model -contains "x\\"`, `device.physicalIds -contains "[ZTDId]:7"`, `device.extensionAttribute1 -notEndsWith “x”`, "[",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, mistakes := Parse(s)
		if (r == nil) != (len(mistakes) > 0) {
			t.Fatalf("%q: rule %v and mistakes %v", s, r, mistakes)
		}
		for _, m := range mistakes {
			if m.At < 1 || m.At > len([]rune(s))+1 || m.Reason == "" {
				t.Fatalf("%q: mistake %+v", s, m)
			}
		}
		if r == nil {
			return
		}
		written := r.String()
		again, mistakes := Parse(written)
		if len(mistakes) > 0 || again.String() != written || again.Unregistered() != r.Unregistered() {
			t.Fatalf("%q is written as %q, which reads as %v, %v", s, written, again, mistakes)
		}
		if empty := holdsForNothing(r.Filter()); empty != r.Unregistered() {
			t.Fatalf("%q: the filter says %t of a device without attributes, the rule %t", s, empty, r.Unregistered())
		}
	})
}

// holdsForNothing evaluates a filter over fields that are all not set.
func holdsForNothing(n *filter.Node) bool {
	switch n.Shape {
	case filter.ShapeAll:
		for _, k := range n.Kids {
			if !holdsForNothing(k) {
				return false
			}
		}
		return true
	case filter.ShapeAny:
		for _, k := range n.Kids {
			if holdsForNothing(k) {
				return true
			}
		}
		return false
	case filter.ShapeNot:
		return !holdsForNothing(n.Kids[0])
	case filter.ShapeCond:
	}
	return n.Op == filter.Isnotset
}
