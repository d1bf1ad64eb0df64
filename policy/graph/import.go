package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/policy"
	"go.yaml.in/yaml/v3"
)

// MaxPolicies bounds one text; Entra takes 195 policies a tenant.
const MaxPolicies = 1000

// Importer reads texts one after the other, and gives each policy an id of its own.
type Importer struct {
	names Names
	used  map[string]bool
}

// NewImporter returns an importer that has read nothing.
func NewImporter(names Names) *Importer { return &Importer{names, map[string]bool{}} }

// Import reads one text by itself, see [Importer.Import].
func Import(file string, text []byte, names Names) ([]*policy.Document, policy.Problems) {
	return NewImporter(names).Import(file, text)
}

// Import reads conditionalAccessPolicy objects from Graph's JSON: one, a list, or the answer of a list request with
// its value. It returns the documents that say the same, and a problem for everything that documents can't say. A
// policy with a problem is not among the documents.
func (i *Importer) Import(file string, text []byte) ([]*policy.Document, policy.Problems) {
	if len(text) > policy.MaxTextSize {
		return nil, policy.Problems{{File: file, Reason: fmt.Sprintf("the text is longer than %d bytes", policy.MaxTextSize), Advice: "split it into files"}}
	}
	root, mistake := filter.JSONNode([]byte(strings.TrimPrefix(string(text), "\ufeff")))
	if mistake != nil {
		return nil, policy.Problems{{File: file, Pos: mistake.Pos, Reason: "not JSON: " + mistake.Reason}}
	}
	items := []*yaml.Node{root}
	if root.Kind == yaml.SequenceNode {
		items = root.Content
	} else if value := get(root, "value"); value != nil && value.Kind == yaml.SequenceNode {
		items = value.Content
	}
	if len(items) > MaxPolicies {
		return nil, policy.Problems{{File: file, Reason: fmt.Sprintf("there are more than %d policies", MaxPolicies), Advice: "split them into files"}}
	}
	var docs []*policy.Document
	var all policy.Problems
	for _, n := range items {
		one := importer{file: file, names: i.names}
		d := one.policy(n, i.used)
		if len(one.problems) > 0 {
			all = append(all, one.problems...)
			continue
		}
		i.used[d.ID] = true
		docs = append(docs, d)
	}
	return docs, all
}

// importer translates one policy.
type importer struct {
	file     string
	names    Names
	id       string
	problems policy.Problems
}

func (i *importer) wrong(n *yaml.Node, path, advice, reason string, args ...any) {
	i.problems = append(i.problems, policy.Problem{
		File: i.file, Pos: filter.Pos{Line: n.Line, Column: n.Column}, Document: i.id, Path: path, Reason: fmt.Sprintf(reason, args...), Advice: advice,
	})
}

// bookkeeping are keys that Graph adds and that say nothing about what a policy does.
var bookkeeping = []string{"createdDateTime", "modifiedDateTime", "deletedDateTime", "templateId"}

func (i *importer) policy(n *yaml.Node, used map[string]bool) *policy.Document {
	if n.Kind != yaml.MappingNode {
		i.wrong(n, "", "write a conditionalAccessPolicy object", "a policy is a JSON object")
		return nil
	}
	for _, key := range bookkeeping {
		drop(n, key)
	}
	clean(n)
	name := get(n, "displayName")
	if name == nil || name.Kind != yaml.ScalarNode || name.Value == "" {
		i.wrong(n, "displayName", "give it a name", `"displayName" is missing`)
		return nil
	}
	if get(n, "name") != nil || get(n, "kind") != nil {
		i.wrong(n, "", "import Graph's form, or apply the document as it is", "this is a document of Referee's rather than a policy of Graph's")
		return nil
	}
	rename(n, "displayName", "name")
	i.identify(n, name.Value, used)
	if get(n, "conditions") == nil {
		i.wrong(n, "conditions", "export the policy with its conditions", `"conditions" is missing`)
		return nil
	}
	i.people(n)
	i.apps(n)
	i.locations(n)
	i.controls(n)
	if controls := get(get(n, "grantControls"), "builtInControls"); has(controls, string(policy.GrantPasswordChange)) && get(n, "unscannable") == nil {
		// In Entra a risk that is not known is none. Documents have to say so for this control.
		n.Content = append(n.Content, text("unscannable", n), text(string(policy.UnscannableAllow), n))
	}
	n.Content = append([]*yaml.Node{text("kind", n), text(string(policy.KindConditionalAccess), n)}, n.Content...)
	d, problems := policy.DecodeNode(i.file, n)
	i.problems = append(i.problems, problems...)
	return d
}

// identify keeps Graph's id, or makes one of the name.
func (i *importer) identify(n *yaml.Node, name string, used map[string]bool) {
	if id := get(n, "id"); id != nil && id.Kind == yaml.ScalarNode && id.Value != "" {
		id.Value = strings.ToLower(id.Value)
		i.id = id.Value
		if used[i.id] {
			i.wrong(id, "id", "remove one of the two", "another policy has this id")
		}
		return
	}
	drop(n, "id")
	base := slug(name)
	i.id = base
	for k := 2; used[i.id]; k++ {
		i.id = fmt.Sprintf("%s-%d", base, k)
	}
	n.Content = append(n.Content, text("id", n), text(i.id, n))
}

// people replaces object ids by the ids that people have here: an object id alone would be nobody's, so that a policy
// that blocks somebody would not, and one that leaves somebody out would lock them out.
func (i *importer) people(n *yaml.Node) {
	users := get(get(n, "conditions"), "users")
	for _, key := range []string{"includeUsers", "excludeUsers"} {
		list := get(users, key)
		if list == nil {
			continue
		}
		items := []*yaml.Node{list}
		if list.Kind == yaml.SequenceNode {
			items = list.Content
		}
		for at, item := range items {
			oid := strings.ToLower(item.Value)
			if item.Kind != yaml.ScalarNode || !guid.MatchString(oid) {
				continue
			}
			id, known := i.names.person(oid)
			if !known {
				i.wrong(item, fmt.Sprintf("conditions.users.%s[%d]", key, at), "say which identity provider stands for the directory: provider entra",
					"people are known here by their provider and object id, not by %s alone", item.Value)
				continue
			}
			*item = *text(id, item)
		}
	}
}

// apps replaces the ids of applications by keys.
func (i *importer) apps(n *yaml.Node) {
	apps := get(get(n, "conditions"), "applications")
	for _, key := range []string{"includeApplications", "excludeApplications"} {
		list := get(apps, key)
		if list == nil || list.Kind != yaml.SequenceNode {
			continue
		}
		var out []*yaml.Node
		for at, item := range list.Content {
			keys, known := i.names.keys(item.Value)
			switch {
			case known:
				for _, k := range keys {
					if !slices.ContainsFunc(out, func(have *yaml.Node) bool { return have.Value == k }) {
						out = append(out, text(k, item))
					}
				}
			case guid.MatchString(strings.ToLower(item.Value)):
				i.wrong(item, fmt.Sprintf("conditions.applications.%s[%d]", key, at), "say which app it is: "+item.Value+"=KEY",
					"no app here is known to be the application %s", item.Value)
			case item.Value == "MicrosoftAdminPortals":
				i.wrong(item, fmt.Sprintf("conditions.applications.%s[%d]", key, at), "keep this policy in Entra",
					"Microsoft's admin portals are no apps that people reach through Referee")
			default:
				out = append(out, item)
			}
		}
		list.Content = out
	}
}

// locations replaces the ids of named locations by their names.
func (i *importer) locations(n *yaml.Node) {
	where := get(get(n, "conditions"), "locations")
	for _, key := range []string{"includeLocations", "excludeLocations"} {
		list := get(where, key)
		if list == nil || list.Kind != yaml.SequenceNode {
			continue
		}
		for at, item := range list.Content {
			if name, ok := i.names.Locations[strings.ToLower(item.Value)]; ok {
				list.Content[at] = text(name, item)
			} else if guid.MatchString(strings.ToLower(item.Value)) {
				i.wrong(item, fmt.Sprintf("conditions.locations.%s[%d]", key, at), "say which named location it is: "+item.Value+"=NAME",
					"no named location is known to be %s", item.Value)
			}
		}
	}
}

// strengthParts are what Graph tells of an authentication strength beside its id.
var strengthParts = []string{
	"displayName", "description", "policyType", "requirementsSatisfied", "allowedCombinations",
	"createdDateTime", "modifiedDateTime", "combinationConfigurations",
}

// controls takes away controls that are switched off, and what is said of an authentication strength that its id
// says already.
func (i *importer) controls(n *yaml.Node) {
	if strength := get(get(n, "grantControls"), "authenticationStrength"); strength != nil {
		for _, key := range strengthParts {
			drop(strength, key)
		}
		if id := get(strength, "id"); id != nil && id.Kind == yaml.ScalarNode {
			id.Value = strings.ToLower(id.Value)
		}
	}
	session := get(n, "sessionControls")
	if session == nil || session.Kind != yaml.MappingNode {
		return
	}
	for at := 0; at+1 < len(session.Content); {
		value := session.Content[at+1]
		off := isFalse(value) || isFalse(get(value, "isEnabled"))
		if !off {
			at += 2
			continue
		}
		session.Content = slices.Delete(session.Content, at, at+2)
	}
	if len(session.Content) == 0 {
		drop(n, "sessionControls")
	}
}

func isFalse(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool" && n.Value == "false"
}

// clean takes away what says nothing: nulls, @odata, empty lists and what is empty without them.
func clean(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return
	}
	out := n.Content[:0]
	for at := 0; at+1 < len(n.Content); at += 2 {
		key, value := n.Content[at], n.Content[at+1]
		clean(value)
		switch {
		case strings.Contains(key.Value, "@odata."), value.Kind == yaml.ScalarNode && value.ShortTag() == "!!null",
			value.Kind == yaml.SequenceNode && len(value.Content) == 0,
			value.Kind == yaml.MappingNode && len(value.Content) == 0:
			continue
		}
		out = append(out, key, value)
	}
	n.Content = out
}

func get(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for at := 0; at+1 < len(n.Content); at += 2 {
		if n.Content[at].Value == key {
			return n.Content[at+1]
		}
	}
	return nil
}

// has reports whether a list holds a value.
func has(n *yaml.Node, value string) bool {
	return n != nil && slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Value == value })
}

func drop(n *yaml.Node, key string) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for at := 0; at+1 < len(n.Content); at += 2 {
		if n.Content[at].Value == key {
			n.Content = slices.Delete(n.Content, at, at+2)
			return
		}
	}
}

func rename(n *yaml.Node, from, to string) {
	for at := 0; at+1 < len(n.Content); at += 2 {
		if n.Content[at].Value == from {
			n.Content[at].Value = to
		}
	}
}

func text(s string, at *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s, Line: at.Line, Column: at.Column}
}
