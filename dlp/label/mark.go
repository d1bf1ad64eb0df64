package label

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Marking is what is put on the pages of a document, as a sensitivity label of Purview defines it.
type Marking struct {
	Header    *Mark      `json:"header,omitempty"`
	Footer    *Mark      `json:"footer,omitempty"`
	Watermark *Watermark `json:"watermark,omitempty"`
}

// Mark is a line at the top or bottom of each page, slide or printed sheet.
type Mark struct {
	Text   string `json:"text"`             // may have variables, see [Marking.Expand]
	Size   int    `json:"size,omitempty"`   // in points; 10 when 0
	Colour string `json:"colour,omitempty"` // #RRGGBB; black when empty
	Align  string `json:"align,omitempty"`  // left, center or right; center when empty
}

// Watermark is text across each page or slide. Excel has none, and gets none.
type Watermark struct {
	Text   string `json:"text"`
	Size   int    `json:"size,omitempty"`   // in points; 48 when 0, and smaller where the text is long
	Colour string `json:"colour,omitempty"` // grey when empty
	Layout string `json:"layout,omitempty"` // diagonal or horizontal; diagonal when empty
}

func (m *Marking) any() bool { return m.Header != nil || m.Footer != nil || m.Watermark != nil }

// Bits are the content bits of a file of a kind with the marks of m.
func (m *Marking) Bits(k Kind) int {
	bits := 0
	if m.Header != nil {
		bits |= BitHeader
	}
	if m.Footer != nil {
		bits |= BitFooter
	}
	if m.Watermark != nil && k != Sheet {
		bits |= BitWatermark
	}
	return bits
}

// Bounds of marks. Excel takes 255 characters with its codes, which bounds headers and footers; Purview allows a
// watermark of 255.
const (
	maxMark      = 180
	maxWatermark = 255
	maxSize      = 200
)

var colourForm = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

// Validate says what is wrong with marks as a document has them.
func (m *Marking) Validate() error {
	one := func(what, text string, size int, colour string, limit int) error {
		switch {
		case strings.TrimSpace(text) == "":
			return errors.New(what + " has no text")
		case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0xfffe || r == 0xffff }):
			return errors.New(what + ": the text is one line without control characters")
		case utf8.RuneCountInString(text) > limit:
			return errors.New(what + ": the text has more than " + decimal(limit) + " characters")
		case size < 0 || size > maxSize:
			return errors.New(what + ": size is 1 to " + decimal(maxSize) + " points")
		case colour != "" && !colourForm.MatchString(colour):
			return errors.New(what + ": colour is written like #FF0000")
		}
		return nil
	}
	for what, mark := range map[string]*Mark{"header": m.Header, "footer": m.Footer} {
		if mark == nil {
			continue
		}
		if err := one(what, mark.Text, mark.Size, mark.Colour, maxMark); err != nil {
			return err
		}
		if mark.Align != "" && mark.Align != "left" && mark.Align != "center" && mark.Align != "right" {
			return errors.New(what + ": align is left, center or right")
		}
	}
	if w := m.Watermark; w != nil {
		if err := one("watermark", w.Text, w.Size, w.Colour, maxWatermark); err != nil {
			return err
		}
		if w.Layout != "" && w.Layout != "diagonal" && w.Layout != "horizontal" {
			return errors.New("watermark: layout is diagonal or horizontal")
		}
	}
	return nil
}

// Facts are the values of the variables in marks.
type Facts struct {
	Label    string    // ${Item.Label}: the name of the label
	Name     string    // ${Item.Name}: the name of the file
	Location string    // ${Item.Location}: where it came from
	User     string    // ${User.Name}: who takes the copy
	Address  string    // ${User.PrincipalName}: that person's sign-in name
	Time     time.Time // ${Event.DateTime}, in UTC
}

var variable = regexp.MustCompile(`\$\{(Item\.Label|Item\.Name|Item\.Location|User\.Name|User\.PrincipalName|Event\.DateTime)\}`)

// Expand returns the marks with the variables of Purview's markings in place (Microsoft Learn, "Apply content marking with
// variables"), and what stands between ${If.App.Word} and ${If.End} only in that program; Excel, PowerPoint and the first
// letters are meant likewise, several may stand together. Values from outside are cut to a line that fits.
func (m Marking) Expand(k Kind, f Facts) Marking {
	text := func(s string, limit int) string {
		s = forProgram(s, k)
		s = variable.ReplaceAllStringFunc(s, func(v string) string {
			switch v[2 : len(v)-1] {
			case "Item.Label":
				return f.Label
			case "Item.Name":
				return f.Name
			case "Item.Location":
				return f.Location
			case "User.Name":
				return f.User
			case "User.PrincipalName":
				return f.Address
			}
			return f.Time.UTC().Format("2006-01-02 15:04 UTC")
		})
		return line(s, limit)
	}
	var out Marking
	one := func(mark *Mark) *Mark {
		if mark == nil {
			return nil
		}
		c := *mark
		if c.Text = text(c.Text, maxMark); c.Text == "" {
			return nil // nothing for this program
		}
		return &c
	}
	out.Header, out.Footer = one(m.Header), one(m.Footer)
	if m.Watermark != nil {
		w := *m.Watermark
		if w.Text = text(w.Text, maxWatermark); w.Text != "" {
			out.Watermark = &w
		}
	}
	return out
}

var conditional = regexp.MustCompile(`(?s)\$\{If\.App\.([A-Za-z]+)\}(.*?)\$\{If\.End\}`)

func forProgram(s string, k Kind) string {
	names := map[Kind][2]string{Word: {"Word", "W"}, Sheet: {"Excel", "X"}, Slides: {"PowerPoint", "P"}}[k]
	return conditional.ReplaceAllStringFunc(s, func(all string) string {
		m := conditional.FindStringSubmatch(all)
		letters := strings.Trim(m[1], "WXPO") == "" && strings.Contains(m[1], names[1])
		if names[0] != "" && (strings.Contains(m[1], names[0]) || letters) {
			return m[2]
		}
		return ""
	})
}

// line makes one line of s, of what XML may hold, of at most limit characters.
func line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029:
			return ' '
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069: // they turn what follows around
			return -1
		case r == utf8.RuneError || r == 0xfffe || r == 0xffff:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit-1]) + "…"
	}
	return s
}

func (m *Mark) size() int { return either(m.Size, 10) }

func (m *Mark) colour() string {
	return strings.ToUpper(strings.TrimPrefix(either(m.Colour, "#000000"), "#"))
}

func (m *Mark) align() string { return either(m.Align, "center") }

func (w *Watermark) colour() string {
	return strings.ToUpper(strings.TrimPrefix(either(w.Colour, "#A6A6A6"), "#"))
}

func (w *Watermark) diagonal() bool { return w.Layout != "horizontal" }

// box is the width and height in points that a watermark's text takes, smaller where it wouldn't fit in room.
func (w *Watermark) box(room float64) (size, width, height float64) {
	size = float64(either(w.Size, 48))
	const wide = 0.55 // of an average letter to the size of a sans-serif font
	n := float64(utf8.RuneCountInString(w.Text))
	if n*wide*size > room {
		size = room / (n * wide)
	}
	return size, n * wide * size, size * 1.2
}

func either[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
