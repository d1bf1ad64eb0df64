package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/strict"
	"go.yaml.in/yaml/v3"
)

// Bounds of one text.
const (
	MaxTextSize  = 4 << 20 // bytes
	MaxDocuments = 5000
)

var idPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)

// Decode reads documents from YAML (several are separated by ---) or JSON (one object, or a list of them) and
// returns every mistake it can find. File names the text in problems and documents and may be "".
//
// Documents are returned even when there are problems, so that a lint can go on; they must not be compiled then.
func Decode(file string, text []byte) ([]*Document, Problems) {
	if len(text) > MaxTextSize {
		return nil, Problems{{File: file, Reason: fmt.Sprintf("the text is longer than %d bytes", MaxTextSize), Advice: "split it into files"}}
	}
	nodes, problems := split(file, text)
	var docs []*Document
	for _, n := range nodes {
		d, wrong := readNode(file, n)
		if len(wrong) == 0 && (len(nodes) > 1 || !bytes.Equal(d.Canonical(), text)) {
			wrong = d.storable(n) // a text that is canonical already has just been read
		}
		problems = append(problems, wrong...)
		docs = append(docs, d)
	}
	problems = append(problems, doubles(docs)...)
	return docs, problems.sorted()
}

// DecodeNode reads one document that is a YAML node already, with every mistake. It is for translators of other
// languages; the document must not be compiled when there are problems.
func DecodeNode(file string, n *yaml.Node) (*Document, Problems) {
	d, problems := readNode(file, n)
	if len(problems) == 0 {
		problems = d.storable(n)
	}
	return d, problems
}

// storable makes sure that what stores keep of the document can be read again: a document that can't be would keep
// the whole tenant's policies from being read.
func (d *Document) storable(n *yaml.Node) Problems {
	wrong := func(reason string) Problems {
		return Problems{{
			File: d.File, Pos: filter.Pos{Line: n.Line, Column: n.Column}, Document: d.ID,
			Reason: "in the form in which it is stored the document can't be read: " + reason, Advice: "write it with less in it, or in more than one document",
		}}
	}
	text := d.Canonical()
	if len(text) > MaxTextSize {
		return wrong(fmt.Sprintf("it is longer than %d bytes", MaxTextSize))
	}
	nodes, problems := split("", text)
	if len(problems) > 0 || len(nodes) != 1 {
		return wrong(problems.first())
	}
	again, problems := readNode("", nodes[0])
	switch {
	case len(problems) > 0:
		return wrong(problems.first())
	case !bytes.Equal(again.Canonical(), text):
		return wrong("it reads as another one")
	}
	return nil
}

func readNode(file string, n *yaml.Node) (*Document, Problems) {
	d, mistakes := decodeDocument(file, n)
	var problems Problems
	for _, m := range mistakes {
		problems = append(problems, Problem{File: file, Pos: m.Pos, Document: d.ID, Path: m.Path, Reason: m.Reason, Advice: m.Advice})
	}
	return d, problems.sorted()
}

// split parses the text into one node a document.
func split(file string, text []byte) ([]*yaml.Node, Problems) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if first := bytes.TrimLeft(text, " \t\r\n"); len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		n, mistake := filter.JSONNode(text)
		if mistake != nil {
			return nil, Problems{{File: file, Pos: mistake.Pos, Reason: mistake.Reason}}
		}
		if n.Kind == yaml.SequenceNode {
			return n.Content, nil
		}
		return []*yaml.Node{n}, nil
	}
	var out []*yaml.Node
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var n yaml.Node
		err := dec.Decode(&n)
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return out, Problems{syntaxProblem(file, err)}
		case len(out) == MaxDocuments:
			return out, Problems{{File: file, Reason: fmt.Sprintf("there are more than %d documents", MaxDocuments), Advice: "split them into files"}}
		}
		if n.Kind == yaml.DocumentNode && len(n.Content) == 1 && n.Content[0].ShortTag() != "!!null" {
			out = append(out, n.Content[0])
		}
	}
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

func syntaxProblem(file string, err error) Problem {
	p := Problem{File: file, Pos: filter.Pos{Line: 1, Column: 1}, Reason: "not YAML: " + err.Error()}
	if m := yamlLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0]); m != nil {
		p.Reason = "not YAML: " + m[2]
		if line, err := strconv.Atoi(m[1]); err == nil {
			p.Pos.Line = line
		}
	}
	return p
}

// doubles finds ids that are used twice in one text.
func doubles(docs []*Document) Problems {
	var out Problems
	first := map[string]*Document{}
	for _, d := range docs {
		if d.ID == "" {
			continue
		}
		if other := first[d.ID]; other != nil {
			out = append(out, Problem{
				File: d.File, Pos: d.Pos("id"), Document: d.ID, Path: "id",
				Reason: fmt.Sprintf("the id is used already at line %d", other.Pos("id").Line), Advice: "give each document its own id",
			})
			continue
		}
		first[d.ID] = d
	}
	return out
}

var kindsAllowed = []Kind{KindConditionalAccess, KindAccess, KindSession, KindActivity, KindFile}

func decodeDocument(file string, n *yaml.Node) (*Document, filter.Mistakes) {
	d := &Document{File: file, State: StateEnabled, Severity: SeverityMedium}
	r := &strict.Reader{}
	m := r.Open(n, "")
	if m == nil {
		return d, r.Mistakes
	}
	d.Places = r.Places
	m.Need("kind", "write kind: SessionPolicy")
	m.Need("id", "write id: with a short name of lower-case letters, digits and hyphens")
	m.Need("name", "write name: as people should see it")
	strict.Word(m, "kind", &d.Kind, kindsAllowed...)
	m.Text("id", &d.ID)
	if d.ID != "" && (!idPattern.MatchString(d.ID) || strings.Contains(d.ID, "--")) {
		r.Wrong(m.At("id"), "id", "use lower-case letters, digits and single hyphens, at most 64", "%q is not an id", strict.Clip(d.ID))
		d.ID = ""
	}
	m.Text("name", &d.Name)
	if len(d.Name) > 200 {
		r.Wrong(m.At("name"), "name", "", "is longer than 200 bytes")
	}
	m.Text("description", &d.Description)
	strict.Word(m, "severity", &d.Severity, SeverityLow, SeverityMedium, SeverityHigh)
	strict.Word(m, "category", &d.Category, CategoryAccessControl, CategoryCompliance, CategoryConfigurationControl,
		CategoryCloudDiscovery, CategoryDLP, CategoryPrivilegedAccounts, CategorySharingControl, CategoryThreatDetection)
	decodeState(r, m, d)
	switch d.Kind {
	case KindConditionalAccess:
		d.Access = decodeAccess(r, m)
		d.defaultCategory(CategoryAccessControl)
	case KindAccess, KindSession:
		d.Inline = decodeInline(r, m, d.Kind)
		d.defaultCategory(map[bool]Category{true: CategoryAccessControl, false: CategoryDLP}[d.Kind == KindAccess])
	case KindActivity, KindFile:
		d.After = decodeAfter(r, m, d.Kind)
		d.defaultCategory(map[bool]Category{true: CategoryThreatDetection, false: CategoryDLP}[d.Kind == KindActivity])
	default:
		return d, r.Mistakes // without a kind nobody knows which keys are right
	}
	m.Done()
	return d, r.Mistakes
}

func (d *Document) defaultCategory(c Category) {
	if d.Category == "" {
		d.Category = c
	}
}

// shortReportOnly is what people write for Graph's long word.
const shortReportOnly State = "reportOnly"

// decodeState also takes the short word for report-only.
func decodeState(r *strict.Reader, m *strict.Map, d *Document) {
	if d.Kind != KindConditionalAccess {
		if n := m.At("state"); m.Has("state") && (n.Value == string(StateReportOnly) || n.Value == string(shortReportOnly)) {
			m.Node("state")
			r.Wrong(n, "state", "use rollout: {phase: monitor}", "reportOnly is for ConditionalAccess")
			return
		}
		strict.Word(m, "state", &d.State, StateEnabled, StateDisabled)
		return
	}
	strict.Word(m, "state", &d.State, StateEnabled, StateDisabled, StateReportOnly, shortReportOnly)
	if d.State == shortReportOnly {
		d.State = StateReportOnly
	}
}

// decodeFilter reads a filter and checks it against the fields it may name.
func decodeFilter(r *strict.Reader, m *strict.Map, key string, bind func(*filter.Node) error) *filter.Node {
	n := m.Node(key)
	if n == nil {
		return filter.AllOf()
	}
	tree, mistakes := filter.ParseYAML(n)
	if len(mistakes) == 0 && bind != nil {
		var bound filter.Mistakes
		if err := bind(tree); errors.As(err, &bound) {
			mistakes = append(mistakes, bound...)
		}
	}
	r.Mistakes = append(r.Mistakes, mistakes.Under(m.Path(key))...)
	return tree
}
