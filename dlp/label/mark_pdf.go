package label

import (
	"fmt"
	"math"
	"strings"

	"github.com/referee-casb/referee/dlp/internal/pdf"
)

// maxPages bounds a document that is marked.
const maxPages = 50_000

// inherited are the page attributes that nodes above a page may give (ISO 32000-2 table 31).
var inherited = []string{"Resources", "MediaBox", "CropBox", "Rotate"}

// markPages puts the marks on each page, behind what it draws and apart from its graphics state. They are in Helvetica,
// which every reader has, so they hold the letters of Western Europe; other letters are [ErrUnsupported].
func markPages(f *pdf.File, u *pdf.Update, catalog *pdf.Dict, m *Marking) error {
	for _, text := range []string{textOf(m.Header), textOf(m.Footer), textOfWater(m.Watermark)} {
		if _, ok := winAnsi(text); !ok {
			return ErrUnsupported
		}
	}
	mk := &pdfMarker{f: f, u: u, m: m, seen: map[int]bool{}, shared: map[pdf.Ref]pdf.Ref{}, drawn: map[string]pdf.Ref{}}
	mk.font = u.Add(pdf.NewDict("Type", pdf.Name("Font"), "Subtype", pdf.Name("Type1"), "BaseFont", pdf.Name("Helvetica"), "Encoding", pdf.Name("WinAnsiEncoding")), nil)
	mk.pale = u.Add(pdf.NewDict("Type", pdf.Name("ExtGState"), "ca", pdf.Atom("0.5"), "CA", pdf.Atom("0.5")), nil)
	mk.plain = u.Add(pdf.NewDict("Type", pdf.Name("ExtGState"), "ca", pdf.Int(1), "CA", pdf.Int(1), "BM", pdf.Name("Normal"), "SMask", pdf.Name("None")), nil)
	mk.save = u.Add(pdf.NewDict(), []byte("q\n"))
	if err := mk.node(catalog.Get("Pages"), pdf.NewDict(), 0); err != nil {
		return err
	}
	if mk.pages == 0 {
		return pdf.ErrDamaged
	}
	return nil
}

func textOf(m *Mark) string {
	if m == nil {
		return ""
	}
	return m.Text
}

func textOfWater(w *Watermark) string {
	if w == nil {
		return ""
	}
	return w.Text
}

type pdfMarker struct {
	f                       *pdf.File
	u                       *pdf.Update
	m                       *Marking
	font, pale, plain, save pdf.Ref
	seen                    map[int]bool
	shared                  map[pdf.Ref]pdf.Ref // resources that pages share, and those with the marks'
	drawn                   map[string]pdf.Ref
	pages                   int
}

// node marks the pages below a node of the page tree (7.7.3).
func (k *pdfMarker) node(v pdf.Value, above *pdf.Dict, deep int) error {
	r, ok := v.(pdf.Ref)
	if !ok || deep > 60 || k.seen[r.Num] {
		return pdf.ErrDamaged
	}
	k.seen[r.Num] = true
	d, err := k.f.Dict(r)
	if err != nil {
		return err
	}
	if d == nil {
		return pdf.ErrDamaged
	}
	have := above.Clone()
	for _, key := range inherited {
		if v := d.Get(key); v != nil {
			have.Set(key, v)
		}
	}
	kids, err := k.f.Array(d.Get("Kids"))
	if err != nil {
		return err
	}
	if kids == nil {
		return k.page(r, d, have)
	}
	for _, kid := range kids {
		if err := k.node(kid, have, deep+1); err != nil {
			return err
		}
	}
	return nil
}

func (k *pdfMarker) page(r pdf.Ref, d, have *pdf.Dict) error {
	if k.pages++; k.pages > maxPages {
		return ErrUnsupported
	}
	box, err := k.visible(have)
	if err != nil {
		return err
	}
	turn, err := k.f.Lookup(have.Get("Rotate"))
	if err != nil {
		return err
	}
	degrees, _ := pdf.AsInt(turn)
	resources, err := k.resources(have.Get("Resources"))
	if err != nil {
		return err
	}
	var contents pdf.Array
	now, err := k.f.Lookup(d.Get("Contents"))
	if err != nil {
		return err
	}
	switch now := now.(type) {
	case pdf.Array:
		contents = now
	case *pdf.Dict:
		contents = pdf.Array{d.Get("Contents")}
	}
	drawn := k.draw(box, int(degrees))
	mark, ok := k.drawn[drawn]
	if !ok {
		mark = k.u.Add(pdf.NewDict(), []byte("\nQ\n"+drawn))
		k.drawn[drawn] = mark
	}
	next := d.Clone()
	next.Set("Resources", resources)
	next.Set("Contents", append(append(pdf.Array{k.save}, contents...), mark))
	k.u.Replace(r, next, nil)
	return nil
}

// resources are a page's with those of the marks. What pages share they go on sharing.
func (k *pdfMarker) resources(v pdf.Value) (pdf.Value, error) {
	ref, shared := v.(pdf.Ref)
	if made, ok := k.shared[ref]; shared && ok {
		return made, nil
	}
	resources, err := k.f.Dict(v)
	if err != nil {
		return nil, err
	}
	if resources == nil {
		resources = pdf.NewDict()
	}
	resources = resources.Clone()
	for kind, names := range map[string]map[string]pdf.Ref{"Font": {"RefereeF": k.font}, "ExtGState": {"RefereeG": k.pale, "RefereeN": k.plain}} {
		old, err := k.f.Dict(resources.Get(kind))
		if err != nil {
			return nil, err
		}
		if old == nil {
			old = pdf.NewDict()
		}
		old = old.Clone()
		for name, ref := range names {
			old.Set(name, ref)
		}
		resources.Set(kind, old)
	}
	if !shared {
		return resources, nil
	}
	k.shared[ref] = k.u.Add(resources, nil)
	return k.shared[ref], nil
}

// visible is what of a page is shown: the crop box within the media box.
func (k *pdfMarker) visible(have *pdf.Dict) ([4]float64, error) {
	box := [4]float64{0, 0, 612, 792}
	for i, key := range []string{"MediaBox", "CropBox"} {
		a, err := k.f.Array(have.Get(key))
		if err != nil {
			return box, err
		}
		if a == nil {
			continue
		}
		if len(a) != 4 {
			return box, pdf.ErrDamaged
		}
		var n [4]float64
		for j := range n {
			v, err := k.f.Lookup(a[j])
			if err != nil {
				return box, err
			}
			var ok bool
			if n[j], ok = pdf.AsFloat(v); !ok || math.Abs(n[j]) > 1e6 {
				return box, pdf.ErrDamaged
			}
		}
		n = [4]float64{min(n[0], n[2]), min(n[1], n[3]), max(n[0], n[2]), max(n[1], n[3])}
		if i == 1 {
			n = [4]float64{max(n[0], box[0]), max(n[1], box[1]), min(n[2], box[2]), min(n[3], box[3])}
			if n[2] <= n[0] || n[3] <= n[1] {
				continue // outside the medium: readers show the medium
			}
		}
		box = n
	}
	if box[2]-box[0] < 1 || box[3]-box[1] < 1 {
		return box, pdf.ErrDamaged
	}
	return box, nil
}

// draw returns the operators that draw the marks, upright as the page is shown. They are an artifact of pagination
// (14.8.2.2.2), which screen readers pass over.
func (k *pdfMarker) draw(box [4]float64, degrees int) string {
	wide, high := box[2]-box[0], box[3]-box[1]
	matrix := fmt.Sprintf("1 0 0 1 %.2f %.2f", box[0], box[1])
	switch ((degrees % 360) + 360) % 360 {
	case 90:
		matrix, wide, high = fmt.Sprintf("0 1 -1 0 %.2f %.2f", box[2], box[1]), high, wide
	case 180:
		matrix = fmt.Sprintf("-1 0 0 -1 %.2f %.2f", box[2], box[3])
	case 270:
		matrix, wide, high = fmt.Sprintf("0 -1 1 0 %.2f %.2f", box[0], box[3]), high, wide
	}
	var b strings.Builder
	b.WriteString("/Artifact <</Type /Pagination>> BDC\nq\n" + matrix + " cm\n/RefereeN gs\n")
	const edge = 18.0
	text := func(size, x, y float64, angle float64, colour, s string) {
		ansi, _ := winAnsi(s)
		sin, cos := math.Sincos(angle)
		fmt.Fprintf(&b, "BT\n%s rg\n0 Tr 0 Tc 0 Tw 100 Tz 0 Ts\n/RefereeF %.2f Tf\n%.4f %.4f %.4f %.4f %.2f %.2f Tm\n<%x> Tj\nET\n", rgb(colour), size, cos, sin, -sin, cos, x, y, ansi)
	}
	mark := func(m *Mark, top bool) {
		if m == nil {
			return
		}
		size := float64(m.size())
		if w := helvetica(m.Text) * size; w > wide-2*edge && wide > 3*edge {
			size *= (wide - 2*edge) / w
		}
		y := edge
		if top {
			y = high - edge - size
		}
		x := edge
		switch w := helvetica(m.Text) * size; m.align() {
		case "center":
			x = (wide - w) / 2
		case "right":
			x = wide - edge - w
		}
		text(size, x, y, 0, m.colour(), m.Text)
	}
	mark(k.m.Header, true)
	mark(k.m.Footer, false)
	if w := k.m.Watermark; w != nil {
		size, angle := float64(either(w.Size, 48)), 0.0
		room := wide * 0.9
		if w.diagonal() {
			angle, room = math.Atan2(high, wide), math.Hypot(wide, high)*0.75
		}
		length := helvetica(w.Text) * size
		if length > room {
			size, length = size*room/length, room
		}
		sin, cos := math.Sincos(angle)
		b.WriteString("/RefereeG gs\n")
		// The middle of the text is the middle of the page; capitals are 0.72 high.
		text(size, wide/2-cos*length/2+sin*size*0.36, high/2-sin*length/2-cos*size*0.36, angle, w.colour(), w.Text)
	}
	b.WriteString("Q\nEMC\n")
	return b.String()
}

func rgb(colour string) string {
	var r, g, b int
	_, _ = fmt.Sscanf(colour, "%02X%02X%02X", &r, &g, &b) // checked by Validate; black otherwise
	return fmt.Sprintf("%.3f %.3f %.3f", float64(r)/255, float64(g)/255, float64(b)/255)
}

// winAnsi encodes text as WinAnsiEncoding does (annex D.2), false where it can't.
func winAnsi(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r >= ' ' && r < 0x7f || r >= 0xa0 && r <= 0xff:
			out = append(out, byte(r))
		default:
			i := strings.IndexRune(winAnsiUpper, r)
			if i < 0 {
				return nil, false
			}
			out = append(out, byte(0x80+len([]rune(winAnsiUpper[:i]))))
		}
	}
	return out, true
}

// winAnsiUpper are the characters of the codes from 0x80; the replacement character stands where there is none, and is
// never in a mark.
const winAnsiUpper = "€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ"

// helvetica is the width of text at a size of 1, by the font's metrics for ASCII and an average otherwise.
func helvetica(s string) float64 {
	w := 0
	for _, r := range s {
		if r >= ' ' && r < 0x7f {
			w += helveticaWidths[r-' ']
		} else {
			w += 600
		}
	}
	return float64(w) / 1000
}

// helveticaWidths are the advance widths from space to tilde (Adobe's font metrics of Helvetica).
var helveticaWidths = [95]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}
