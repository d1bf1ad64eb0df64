package label

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Label is a label of a file as its metadata has it. Fields are empty where the file doesn't say.
type Label struct {
	ID          string `json:"id"` // GUID, lower case, without braces
	Name        string `json:"name,omitempty"`
	SiteID      string `json:"siteId,omitempty"` // of the Entra tenant
	Method      string `json:"method,omitempty"` // Standard (by default or by a rule) or Privileged (chosen)
	Enabled     bool   `json:"enabled"`
	ContentBits int    `json:"contentBits"` // 1 header, 2 footer, 4 watermark, 8 encryption
	SetDate     string `json:"setDate,omitempty"`
	Removed     bool   `json:"removed,omitempty"`
}

// ErrHidden says that a file is encrypted as a whole, so that its labels can't be seen.
var ErrHidden = errors.New("the file is encrypted, its labels can't be seen")

// ErrDamaged says that a file can't be read to the end, so that a label may be there that was not seen.
var ErrDamaged = errors.New("the file is damaged, its labels can't be read")

// Read returns a file's labels by id, none for kinds of files that have none. The error is [ErrHidden], [ErrDamaged], or
// one of reading src.
func Read(src *io.SectionReader) ([]Label, error) {
	head := make([]byte, min(4096, src.Size()))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var labels []Label
	var err error
	switch text := string(head); {
	case strings.HasPrefix(text, "PK\x03\x04"):
		labels, err = ofOpenXML(src)
	case strings.HasPrefix(text, "%PDF-"):
		labels, err = ofPDF(src)
	case strings.HasPrefix(text, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		labels, err = ofCompound(src)
	default:
		labels, err = ofMail(src)
	}
	slices.SortFunc(labels, func(a, b Label) int { return cmp.Compare(a.ID, b.ID) })
	return labels, err
}

// properties gathers MSIP_Label_<id>_<name> and its values.
type properties map[string]*Label

// prefix begins the names of the properties (Microsoft Information Protection SDK, "Metadata").
const prefix = "MSIP_Label_"

// set takes a property, and leaves others.
func (p properties) set(name, value string) {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return
	}
	id, field, ok := strings.Cut(rest, "_")
	if id = guid(id); !ok || id == "" {
		return
	}
	l := p[id]
	if l == nil {
		if len(p) >= 100 { // nobody has so many
			return
		}
		l = &Label{ID: id}
		p[id] = l
	}
	l.set(field, value)
}

func (l *Label) set(field, value string) {
	if len(value) > 1000 {
		value = value[:1000]
	}
	value = strings.ToValidUTF8(value, "\uFFFD")
	switch strings.ToLower(field) {
	case "enabled":
		l.Enabled = truth(value)
	case "removed":
		l.Removed = truth(value)
	case "siteid":
		l.SiteID = guid(value)
	case "name":
		l.Name = value
	case "method":
		l.Method = value
	case "setdate":
		l.SetDate = value
	case "contentbits":
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n >= 0 {
			l.ContentBits = n
		}
	}
}

func (p properties) list() []Label {
	out := make([]Label, 0, len(p))
	for _, l := range p {
		out = append(out, *l)
	}
	return out
}

func truth(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	return s == "true" || s == "1"
}

// guid is a GUID in lower case without braces, "" when s is none.
func guid(s string) string {
	s = strings.ToLower(strings.Trim(strings.TrimSpace(s), "{}"))
	if len(s) != 36 {
		return ""
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !strings.ContainsRune("0123456789abcdef", rune(s[i])) {
			return ""
		}
	}
	return s
}
