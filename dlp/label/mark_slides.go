package label

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

const (
	slideMark = "RefereeMark" // begins the names of our shapes
	point     = 12700         // English Metric Units
)

// markSlides puts shapes on each slide: a slide may hide what stands on its master.
func markSlides(d *document, m *Marking) error {
	data, err := d.part(d.main)
	if err != nil {
		return err
	}
	all, err := outline(data, func(n xml.Name) bool { return n.Local == "sldSz" })
	if err != nil {
		return err
	}
	wide, high := 9144000, 6858000
	for _, e := range all {
		if e.name.Local == "sldSz" {
			cx, err1 := strconv.Atoi(e.attr("cx"))
			cy, err2 := strconv.Atoi(e.attr("cy"))
			if err1 != nil || err2 != nil || cx < 100*point/2 || cy < 100*point/2 || cx > 1e9 || cy > 1e9 {
				return ErrDamaged
			}
			wide, high = cx, cy
		}
	}
	rels, err := d.relations(d.main)
	if err != nil {
		return err
	}
	for _, r := range rels {
		if !r.is("slide") {
			continue
		}
		data, err := d.part(r.target)
		if err != nil {
			return err
		}
		if data == nil {
			return ErrDamaged
		}
		if data, err = markOneSlide(data, m, wide, high); err != nil {
			return err
		}
		if err := d.put(r.target, "", data); err != nil {
			return err
		}
	}
	return nil
}

func markOneSlide(data []byte, m *Marking, wide, high int) ([]byte, error) {
	all, err := outline(data, func(n xml.Name) bool {
		return n.Local == "cSld" || n.Local == "spTree" || n.Local == "sp" || n.Local == "nvSpPr" || n.Local == "cNvPr" || n.Local == "extLst"
	})
	if err != nil {
		return nil, err
	}
	tree, end, last := -1, -1, 1
	var edits []edit
	for i, e := range all {
		switch {
		case e.name.Local == "spTree" && tree < 0 && e.up >= 0 && all[e.up].name.Local == "cSld":
			tree, end = i, e.after
		case e.name.Local == "extLst" && tree >= 0 && e.up == tree && e.depth == all[tree].depth+1:
			end = e.start
		case e.name.Local == "cNvPr":
			if n, err := strconv.Atoi(e.attr("id")); err == nil && n > last && n < 1<<30 {
				last = n
			}
			if strings.HasPrefix(e.attr("name"), slideMark) && e.up > 0 && all[e.up].up > 0 && all[all[e.up].up].up == tree && all[all[e.up].up].depth == all[tree].depth+1 {
				old := all[all[e.up].up]
				edits = append(edits, edit{old.start, old.end, ""})
			}
		}
	}
	if tree < 0 || all[tree].empty() {
		return nil, ErrDamaged
	}
	space := all[0].name.Space
	drawing := "http://schemas.openxmlformats.org/drawingml/2006/main"
	if strings.HasPrefix(space, "http://purl.oclc.org/") {
		drawing = "http://purl.oclc.org/ooxml/drawingml/main"
	}
	var b strings.Builder
	shape := func(what, text, align, colour string, size float64, x, y, cx, cy, turn int, alpha string) {
		last++
		fmt.Fprintf(&b, `<m:sp xmlns:m="%s" xmlns:a="%s"><m:nvSpPr><m:cNvPr id="%d" name="%s %s"/><m:cNvSpPr txBox="1"/><m:nvPr userDrawn="1"/></m:nvSpPr>`+
			`<m:spPr><a:xfrm rot="%d"><a:off x="%d" y="%d"/><a:ext cx="%d" cy="%d"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/></m:spPr>`+
			`<m:txBody><a:bodyPr wrap="none" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"><a:noAutofit/></a:bodyPr><a:lstStyle/><a:p><a:pPr algn="%s"/><a:r><a:rPr lang="en-US" sz="%d"><a:solidFill><a:srgbClr val="%s">%s</a:srgbClr></a:solidFill></a:rPr><a:t>%s</a:t></a:r></a:p></m:txBody></m:sp>`,
			space, drawing, last, slideMark, what, turn, x, y, cx, cy, align, int(size*100), colour, alpha, escape(text))
	}
	const edge = 10 * point
	mark := func(what string, k *Mark, top bool) {
		if k == nil {
			return
		}
		cy := k.size() * point * 3 / 2
		y := edge / 2
		if !top {
			y = high - cy - edge/2
		}
		shape(what, k.Text, map[string]string{"left": "l", "center": "ctr", "right": "r"}[k.align()], k.colour(), float64(k.size()), edge, y, wide-2*edge, cy, 0, "")
	}
	mark("header", m.Header, true)
	mark("footer", m.Footer, false)
	if w := m.Watermark; w != nil {
		size, boxWide, boxHigh := w.box(float64(wide) / point * 0.8)
		cx, cy, turn := int(boxWide*point), int(boxHigh*point), 0
		if w.diagonal() {
			turn = 18900000 // 315 degrees, in sixty thousandths
		}
		shape("watermark", w.Text, "ctr", w.colour(), size, (wide-cx)/2, (high-cy)/2, cx, cy, turn, `<a:alpha val="50000"/>`)
	}
	return apply(data, append(edits, edit{end, end, b.String()})), nil
}
