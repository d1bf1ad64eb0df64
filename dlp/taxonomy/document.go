package taxonomy

import (
	"regexp"
	"strings"

	"github.com/referee-casb/referee/dlp/label"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/strict"
)

// Kind is the kind of a document with a tenant's labels.
const Kind = "SensitivityLabels"

// Bounds of a taxonomy. Purview has at most 500 labels.
const (
	MaxText   = 4 << 20
	maxLabels = 500
)

var (
	guidForm   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	colourForm = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
)

// Decode reads one document of kind SensitivityLabels, YAML or JSON. It returns every mistake that it can find, with its
// place.
func Decode(text []byte) (Set, filter.Mistakes) {
	r := &strict.Reader{}
	var s Set
	if len(text) > MaxText {
		r.Wrong(nil, "", "", "the text is longer than %d bytes", MaxText)
		return s, r.Mistakes
	}
	nodes := r.Documents(text)
	if len(nodes) > 1 {
		r.Wrong(nodes[1], "", "put all labels into one list, the lowest first", "there are %d documents; a tenant has one", len(nodes))
	}
	if len(nodes) == 0 && len(r.Mistakes) == 0 {
		r.Wrong(nil, "", "write kind: "+Kind, "there is no document")
	}
	if len(nodes) > 0 {
		if m := r.Open(nodes[0], ""); m != nil {
			decodeSet(r, m, &s)
			m.Done()
		}
	}
	r.Sort()
	return s, r.Mistakes
}

func decodeSet(r *strict.Reader, m *strict.Map, s *Set) {
	var kind string
	m.Need("kind", "write kind: "+Kind)
	strict.Word(m, "kind", &kind, Kind)
	m.Need("siteId", "write the id of the Entra tenant that the labels are of")
	m.Text("siteId", &s.SiteID)
	s.SiteID = strings.ToLower(s.SiteID)
	if s.SiteID != "" && !guidForm.MatchString(s.SiteID) {
		r.Wrong(m.At("siteId"), "siteId", "it is shown in the Entra admin centre as the tenant id", "%q is not a GUID", strict.Clip(s.SiteID))
	}
	m.Need("labels", "list the labels, the lowest first")
	items := m.Items("labels")
	if m.Has("labels") && (len(items) == 0 || len(items) > maxLabels) {
		r.Wrong(m.At("labels"), "labels", "", "there are %d labels; a tenant has 1 to %d", len(items), maxLabels)
		return
	}
	seen := map[string]bool{}
	for _, it := range items {
		lm := r.Open(it.Node, it.Path)
		if lm == nil {
			continue
		}
		s.Labels = append(s.Labels, decodeLabel(r, lm, seen))
		lm.Done()
	}
	for i, it := range items {
		if i >= len(s.Labels) {
			break
		}
		l := &s.Labels[i]
		if l.Parent == "" {
			continue
		}
		if at := s.Priority(l.Parent); at < 0 || s.Labels[at].Parent != "" {
			r.Wrong(it.Node, it.Path+".parent", "give the id of a label that is no sublabel itself", "%q is the parent of none", strict.Clip(l.Parent))
		}
	}
}

func decodeLabel(r *strict.Reader, m *strict.Map, seen map[string]bool) Label {
	var l Label
	m.Need("id", "write the label's GUID")
	m.Need("name", "write the label's name as people see it")
	m.Text("id", &l.ID)
	m.Text("name", &l.Name)
	m.Text("parent", &l.Parent)
	m.Text("colour", &l.Colour)
	m.Text("tooltip", &l.Tooltip)
	m.Bool("encrypts", &l.Encrypts)
	m.Bool("off", &l.Off)
	l.ID, l.Parent = strings.ToLower(strings.Trim(l.ID, "{}")), strings.ToLower(strings.Trim(l.Parent, "{}"))
	if l.ID != "" && !guidForm.MatchString(l.ID) {
		r.Wrong(m.At("id"), m.Path("id"), "for labels of your own, any GUID will do", "%q is not a GUID", strict.Clip(l.ID))
	}
	if seen[l.ID] && l.ID != "" {
		r.Wrong(m.At("id"), m.Path("id"), "give each label its own id", "%q is used above", l.ID)
	}
	seen[l.ID] = true
	if len(l.Name) > 200 || strings.ContainsFunc(l.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		r.Wrong(m.At("name"), m.Path("name"), "", "a name is one line of at most 200 bytes")
	}
	if l.Colour != "" && !colourForm.MatchString(l.Colour) {
		r.Wrong(m.At("colour"), m.Path("colour"), "write it like #FF8C00", "%q is not a colour", strict.Clip(l.Colour))
	}
	if mm := m.Map("marking"); mm != nil {
		l.Marking = decodeMarking(mm)
		mm.Done()
		if err := l.Marking.Validate(); err != nil {
			r.Wrong(m.At("marking"), m.Path("marking"), "", "%s", err.Error())
		}
	}
	return l
}

func decodeMarking(m *strict.Map) label.Marking {
	var out label.Marking
	mark := func(key string) *label.Mark {
		mm := m.Map(key)
		if mm == nil {
			return nil
		}
		var k label.Mark
		mm.Need("text", "write what is put there")
		mm.Text("text", &k.Text)
		mm.Int("size", &k.Size, 1, 200)
		mm.Text("colour", &k.Colour)
		strict.Word(mm, "align", &k.Align, "left", "center", "right")
		mm.Done()
		return &k
	}
	out.Header, out.Footer = mark("header"), mark("footer")
	if mm := m.Map("watermark"); mm != nil {
		var w label.Watermark
		mm.Need("text", "write what is put there")
		mm.Text("text", &w.Text)
		mm.Int("size", &w.Size, 1, 200)
		mm.Text("colour", &w.Colour)
		strict.Word(mm, "layout", &w.Layout, "diagonal", "horizontal")
		mm.Done()
		out.Watermark = &w
	}
	return out
}
