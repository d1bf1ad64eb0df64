package strict

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/filter"
	"go.yaml.in/yaml/v3"
)

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

// Documents splits a text into its documents: YAML, separated by ---, or a JSON object, or a list of them. Empty
// documents are left out. Text that is neither is a mistake, after those documents that could be read.
func (r *Reader) Documents(text []byte) []*yaml.Node {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if first := bytes.TrimLeft(text, " \t\r\n"); len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		n, mistake := filter.JSONNode(text)
		switch {
		case mistake != nil:
			r.Mistakes = append(r.Mistakes, *mistake)
			return nil
		case n.Kind == yaml.SequenceNode:
			return n.Content
		}
		return []*yaml.Node{n}
	}
	var out []*yaml.Node
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n")
			found := yamlLine.FindStringSubmatch(first)
			line, _ := strconv.Atoi(found[1])
			r.Wrong(&yaml.Node{Line: max(1, line), Column: 1}, "", "", "not YAML: %s", first[len(found[0]):])
			return out
		}
		if n.Kind == yaml.DocumentNode && len(n.Content) == 1 && n.Content[0].ShortTag() != "!!null" {
			out = append(out, n.Content[0])
		}
	}
}

// Sort puts the mistakes into the order of the text.
func (r *Reader) Sort() {
	slices.SortStableFunc(r.Mistakes, func(a, b filter.Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
