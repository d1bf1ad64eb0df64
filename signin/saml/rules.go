package saml

import (
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// Facts are what is known of a person, by name: "subject", "upn", "email", "name", "givenName", "familyName", "groups",
// "roles" and whatever else a caller or a directory has.
type Facts map[string][]string

// NameFor makes the name of a person for an app in a format (SAML core 8.3). from names the fact that it is made of;
// "" takes "email" for e-mail addresses and "subject" else. For persistent names secret and tenant make the pairwise
// value, see [Pairwise]; for transient ones it is random and the caller keeps it with the session, for logout.
func (idp *IdentityProvider) NameFor(format, from, tenant string, secret []byte, app *Entity, facts Facts) (NameID, error) {
	const op = "saml.NameFor"
	if from == "" {
		from = "subject"
		if format == FormatEmail {
			from = "email"
		}
	}
	value := ""
	if v := facts[from]; len(v) > 0 {
		value = strings.TrimSpace(v[0])
	}
	if value == "" && format != FormatTransient {
		return NameID{}, refuse(op, ReasonNameID, "the person has no %q, which the app %q knows people by", from, app.ID)
	}
	switch format {
	case FormatTransient:
		return NameID{Value: idp.newID(), Format: format, NameQualifier: idp.EntityID, SPNameQualifier: app.ID}, nil
	case FormatPersistent:
		value, err := Pairwise(secret, tenant, app.ID, value)
		return NameID{Value: value, Format: format, NameQualifier: idp.EntityID, SPNameQualifier: app.ID}, err
	case FormatEmail:
		if strings.Count(value, "@") != 1 {
			return NameID{}, refuse(op, ReasonNameID, "the person's %q is no e-mail address", from)
		}
	case "", FormatUnspecified:
		format = FormatUnspecified
	default:
		return NameID{}, refuse(op, ReasonNameID, "the name format %q is not given", clip(format))
	}
	return NameID{Value: value, Format: format}, nil
}

// Rule makes one attribute of an assertion.
type Rule struct {
	Name         string `json:"name" yaml:"name"`
	Format       string `json:"format,omitempty" yaml:"format,omitempty"` // NameFormat; "" leaves it out
	FriendlyName string `json:"friendlyName,omitempty" yaml:"friendlyName,omitempty"`
	// From names a fact; Value is a constant instead. Exactly one of the two.
	From  string `json:"from,omitempty" yaml:"from,omitempty"`
	Value string `json:"value,omitempty" yaml:"value,omitempty"`
	// Steps change the values one after the other.
	Steps []Step `json:"steps,omitempty" yaml:"steps,omitempty"`
	// Required refuses the sign-in when no value is left; otherwise the attribute is left out.
	Required bool `json:"required,omitempty" yaml:"required,omitempty"`
}

// Step is one transform. Which fields count is said at each kind.
type Step struct {
	Do    StepKind          `json:"do" yaml:"do"`
	Text  string            `json:"text,omitempty" yaml:"text,omitempty"`
	With  string            `json:"with,omitempty" yaml:"with,omitempty"`
	Table map[string]string `json:"table,omitempty" yaml:"table,omitempty"`
}

// StepKind names a transform.
type StepKind string

// The transforms. Expressions are RE2: their time is linear in what they read.
const (
	StepLower   StepKind = "lower"   // lower case
	StepUpper   StepKind = "upper"   // upper case
	StepTrim    StepKind = "trim"    // no white space around
	StepPrefix  StepKind = "prefix"  // Text before each value
	StepSuffix  StepKind = "suffix"  // Text after each value
	StepBefore  StepKind = "before"  // what stands before the first Text; values without it stay
	StepAfter   StepKind = "after"   // what stands after the first Text; values without it stay
	StepReplace StepKind = "replace" // each match of the expression Text by With ($1 is a group)
	StepKeep    StepKind = "keep"    // only values that the expression Text matches somewhere
	StepDrop    StepKind = "drop"    // no values that the expression Text matches somewhere
	StepMap     StepKind = "map"     // by Table; values that are not in it become With, or go where With is ""
	StepFirst   StepKind = "first"   // the first value
	StepJoin    StepKind = "join"    // all values as one, Text between them
	StepSplit   StepKind = "split"   // each value at Text
	StepUnique  StepKind = "unique"  // each value once
	StepDefault StepKind = "default" // Text where there is no value
)

// Rules is a compiled list, safe for concurrent use.
type Rules struct {
	rules       []Rule
	expressions map[string]*regexp.Regexp
}

// CompileRules checks rules once, where an administrator writes them.
func CompileRules(list []Rule) (*Rules, error) {
	const op = "saml.CompileRules"
	r := &Rules{rules: slices.Clone(list), expressions: map[string]*regexp.Regexp{}}
	names := map[string]bool{}
	for _, rule := range list {
		if rule.Name == "" || names[rule.Name] || (rule.From == "") == (rule.Value == "") {
			return nil, refuse(op, ReasonSettings, "the attribute %q needs a name of its own and exactly one of from and value", rule.Name)
		}
		names[rule.Name] = true
		for _, s := range rule.Steps {
			switch s.Do {
			case StepLower, StepUpper, StepTrim, StepFirst, StepJoin, StepUnique:
			case StepPrefix, StepSuffix, StepBefore, StepAfter, StepSplit, StepDefault:
				if s.Text == "" {
					return nil, refuse(op, ReasonSettings, "the step %q of the attribute %q needs text", s.Do, rule.Name)
				}
			case StepReplace, StepKeep, StepDrop:
				e, err := regexp.Compile(s.Text)
				if err != nil {
					return nil, refuse(op, ReasonSettings, "the step %q of the attribute %q has the expression %q: %v", s.Do, rule.Name, s.Text, err)
				}
				r.expressions[s.Text] = e
			case StepMap:
				if len(s.Table) == 0 {
					return nil, refuse(op, ReasonSettings, "the step map of the attribute %q needs a table", rule.Name)
				}
			default:
				return nil, refuse(op, ReasonSettings, "the attribute %q has an unknown step %q", rule.Name, s.Do)
			}
		}
	}
	return r, nil
}

// Apply makes the attributes of a person, in the rules' order.
func (r *Rules) Apply(facts Facts) ([]Attribute, error) {
	if r == nil {
		return nil, nil
	}
	var out []Attribute
	for _, rule := range r.rules {
		values := []string{rule.Value}
		if rule.From != "" {
			values = slices.Clone(facts[rule.From])
		}
		for _, s := range rule.Steps {
			values = r.step(s, values)
		}
		if len(values) == 0 {
			if rule.Required {
				return nil, &fault.Error{
					Kind: fault.Denied, Op: "saml.Apply", Key: rule.Name, Msg: "the app requires this attribute and the person has no value for it",
					Help: ReasonSettings.Person(), Err: &Refusal{Reason: ReasonSettings},
				}
			}
			continue
		}
		out = append(out, Attribute{Name: rule.Name, Format: rule.Format, FriendlyName: rule.FriendlyName, Values: values})
	}
	return out, nil
}

// step applies one transform.
func (r *Rules) step(s Step, values []string) []string {
	each := func(f func(string) string) []string {
		for i := range values {
			values[i] = f(values[i])
		}
		return values
	}
	switch s.Do {
	case StepLower:
		return each(strings.ToLower)
	case StepUpper:
		return each(strings.ToUpper)
	case StepTrim:
		return each(strings.TrimSpace)
	case StepPrefix:
		return each(func(v string) string { return s.Text + v })
	case StepSuffix:
		return each(func(v string) string { return v + s.Text })
	case StepBefore:
		return each(func(v string) string { before, _, _ := strings.Cut(v, s.Text); return before })
	case StepAfter:
		return each(func(v string) string {
			if _, after, ok := strings.Cut(v, s.Text); ok {
				return after
			}
			return v
		})
	case StepReplace:
		return each(func(v string) string { return r.expressions[s.Text].ReplaceAllString(v, s.With) })
	case StepKeep, StepDrop:
		return slices.DeleteFunc(values, func(v string) bool { return r.expressions[s.Text].MatchString(v) == (s.Do == StepDrop) })
	case StepMap:
		return slices.DeleteFunc(each(func(v string) string {
			if to, ok := s.Table[v]; ok {
				return to
			}
			return s.With
		}), func(v string) bool { return v == "" })
	case StepFirst:
		return values[:min(1, len(values))]
	case StepJoin:
		if len(values) > 0 {
			return []string{strings.Join(values, s.Text)}
		}
	case StepSplit:
		var out []string
		for _, v := range values {
			out = append(out, strings.Split(v, s.Text)...)
		}
		return out
	case StepUnique:
		seen := map[string]bool{}
		return slices.DeleteFunc(values, func(v string) bool { twice := seen[v]; seen[v] = true; return twice })
	case StepDefault:
		if len(values) == 0 {
			return []string{s.Text}
		}
	}
	return values
}
