package filter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxJSONDepth bounds the nesting of any JSON document, filters and what is around them.
const maxJSONDepth = 100

// JSONNode reads JSON text into the node form of package yaml, with line and column of everything, so that
// documents in both notations go through one reader. Numbers keep their spelling; doubled keys are kept for the
// reader to refuse. It returns a mistake for text that is not exactly one JSON value.
func JSONNode(text []byte) (*yaml.Node, *Mistake) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	r := &jsonReader{text: text, dec: dec, line: 1}
	n, err := r.value(0)
	if err == nil {
		if _, extra := dec.Token(); extra == nil || !errors.Is(extra, io.EOF) {
			err = errors.New("there is more after the end of the document")
		}
	}
	if err != nil {
		return nil, r.mistake(err)
	}
	return n, nil
}

type jsonReader struct {
	text  []byte
	dec   *json.Decoder
	seen  int // offset up to which lines are counted
	line  int
	begin int // offset of the current line's first byte
}

func (r *jsonReader) mistake(err error) *Mistake {
	offset := int(r.dec.InputOffset())
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset > 0 {
		offset = int(syntax.Offset) - 1
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err, offset = errors.New("the document ends too early"), len(r.text)
	}
	pos := Pos{1, 1}
	if offset = min(offset, len(r.text)); offset >= r.seen {
		pos = r.pos(offset)
	}
	return &Mistake{Pos: pos, Reason: "not JSON: " + err.Error()}
}

// pos counts on from the last position; offsets never go back.
func (r *jsonReader) pos(offset int) Pos {
	for ; r.seen < offset; r.seen++ {
		if r.text[r.seen] == '\n' {
			r.line++
			r.begin = r.seen + 1
		}
	}
	return Pos{r.line, utf8.RuneCount(r.text[r.begin:offset]) + 1}
}

// token returns the next token and where it begins.
func (r *jsonReader) token() (json.Token, Pos, error) {
	start := int(r.dec.InputOffset())
	tok, err := r.dec.Token()
	if err != nil {
		return nil, Pos{}, err
	}
	for start < len(r.text) && bytes.IndexByte([]byte(" \t\r\n,:"), r.text[start]) >= 0 {
		start++
	}
	return tok, r.pos(start), nil
}

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	tok, pos, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: pos.Line, Column: pos.Column}
	switch v := tok.(type) {
	case json.Delim:
		if depth >= maxJSONDepth {
			return nil, fmt.Errorf("nested more than %d deep", maxJSONDepth)
		}
		return n, r.fill(n, v, depth)
	case string:
		n.Tag, n.Value, n.Style = "!!str", v, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!int", v.String()
		if bytes.ContainsAny([]byte(n.Value), ".eE") {
			n.Tag = "!!float"
		}
	case bool:
		n.Tag, n.Value = "!!bool", fmt.Sprint(v)
	case nil:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

// fill reads what is inside an object or a list, and its end.
func (r *jsonReader) fill(n *yaml.Node, open json.Delim, depth int) error {
	n.Kind, n.Tag, n.Style = yaml.SequenceNode, "!!seq", yaml.FlowStyle
	if open == '{' {
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
	}
	for r.dec.More() {
		kid, err := r.value(depth + 1) // a key is a string token as well
		if err != nil {
			return err
		}
		n.Content = append(n.Content, kid)
	}
	_, _, err := r.token()
	return err
}
