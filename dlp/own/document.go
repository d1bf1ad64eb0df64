package own

import (
	"bytes"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/dlp/fingerprint"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/strict"
	"go.yaml.in/yaml/v3"
)

// Kind says what a document describes.
type Kind string

// The kinds of documents.
const (
	KindType        Kind = dlp.KindType
	KindBundle      Kind = dlp.KindBundle
	KindFingerprint Kind = "DocumentFingerprint"
	KindTable       Kind = edm.Kind
)

// Document is one document that is right by itself.
type Document struct {
	Kind   Kind
	ID     string
	Name   string
	Text   []byte // YAML, as stores keep it
	Type   *dlp.Type
	Bundle *dlp.Bundle
	Table  *edm.Schema // of exact data match; Type is then what is found without its table: errors
}

// MaxText is how long one text of documents may be, in bytes.
const MaxText = 8 << 20

// Decode reads documents from YAML, several separated by ---, or from JSON. It returns every mistake it can find, with
// its place; when there is one, nothing must be used.
func Decode(text []byte) ([]Document, filter.Mistakes) {
	r := &strict.Reader{}
	if len(text) > MaxText {
		r.Wrong(nil, "", "split it into files", "the text is longer than %d bytes", MaxText)
		return nil, r.Mistakes
	}
	var out []Document
	seen := map[string]bool{}
	nodes := r.Documents(text)
	if len(nodes) == 0 && len(r.Mistakes) == 0 {
		r.Wrong(nil, "", "write kind:, id: and name:", "there is no document")
	}
	for _, n := range nodes {
		m := r.Open(n, "")
		if m == nil {
			continue
		}
		h := dlp.DecodeHead(r, m, seen, string(KindType), string(KindBundle), string(KindFingerprint), string(KindTable))
		d := Document{Kind: Kind(h.Kind), ID: h.ID, Name: h.Name}
		switch d.Kind {
		case KindType:
			t := dlp.DecodeType(r, m, h)
			d.Type = &t
		case KindBundle:
			b := dlp.DecodeBundle(r, m, h)
			d.Bundle = &b
		case KindFingerprint:
			d.Type = decodeFingerprint(r, m, h)
		case KindTable:
			d.Table = edm.Decode(r, m, h)
			t := d.Table.Type(nil)
			d.Type = &t
			if len(r.Mistakes) == 0 {
				if _, err := dlp.New([]dlp.Type{t}); err != nil {
					r.Wrong(m.At("columns"), "columns", "", "the engine can't look for it: %v", err)
				}
			}
		}
		if len(r.Mistakes) == 0 {
			var err error
			if d.Text, err = write(n); err != nil {
				r.Wrong(n, "", "", "can't be written down: %v", err)
			}
		}
		out = append(out, d)
	}
	r.Sort()
	if len(r.Mistakes) > 0 {
		return nil, r.Mistakes
	}
	return out, nil
}

// write is the node as a document of its own, with its comments.
func write(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// The shares of a fingerprint that count, where a document names none.
const (
	defaultLow, defaultMedium, defaultHigh = 40, 60, 80
	leastShare                             = 10
)

func decodeFingerprint(r *strict.Reader, m *strict.Map, h dlp.Head) *dlp.Type {
	t := &dlp.Type{ID: h.ID, Name: h.Name, Group: dlp.Own, Print: &dlp.Print{}}
	m.Text("description", &t.About)
	m.Need("fingerprint", "make one with `referee dlp fingerprint make`")
	var text string
	m.LongText("fingerprint", fingerprint.MaxText, &text)
	if text != "" {
		p, err := fingerprint.Parse(text)
		if err != nil {
			r.Wrong(m.At("fingerprint"), "fingerprint", "make it again with `referee dlp fingerprint make`", "is no fingerprint: %v", err)
		}
		t.Print.Fingerprint = p
	}
	p := t.Print
	if !m.Has("similarity") {
		p.Low, p.Medium, p.High = defaultLow, defaultMedium, defaultHigh
	} else if s := m.Map("similarity"); s != nil {
		s.Int("low", &p.Low, leastShare, 100)
		s.Int("medium", &p.Medium, leastShare, 100)
		s.Int("high", &p.High, leastShare, 100)
		last := 0
		for _, at := range []struct {
			key   string
			share int
		}{{"low", p.Low}, {"medium", p.Medium}, {"high", p.High}} {
			if at.share != 0 && at.share <= last {
				r.Wrong(s.At(at.key), s.Path(at.key), "let the shares rise from low to high", "%d %% is not more than %d %%", at.share, last)
			}
			last = max(last, at.share)
		}
		if last == 0 {
			r.Wrong(s.At(""), s.Path(""), "name the per cent for low, medium or high", "no share is enough")
		}
		s.Done()
	}
	m.Done()
	return t
}
