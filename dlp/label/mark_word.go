package label

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// wordTag marks what we put into headers and footers, so that a later label finds and replaces it.
const wordTag = "RefereeMark"

const (
	wordStrict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
	wordRoom   = 440 // points across the text of a page
)

// markWord puts marks into all headers and footers of all sections (ECMA-376 part 1, 17.10). The first section gets one
// of each kind, so that title pages and even pages have them too, whatever the settings are; later sections without their
// own take those over.
func markWord(d *document, m *Marking) error {
	body, err := d.part(d.main)
	if err != nil {
		return err
	}
	all, err := outline(body, func(n xml.Name) bool {
		return n.Local == "body" || n.Local == "sectPr" || n.Local == "sectPrChange" || n.Local == "headerReference" || n.Local == "footerReference"
	})
	if err != nil {
		return err
	}
	space := all[0].name.Space
	var sections []int
	bodyAt := -1
	for i, e := range all {
		if e.name.Local == "body" && bodyAt < 0 {
			bodyAt = i
		}
		if e.name.Local == "sectPr" && all[e.up].name.Local != "sectPrChange" {
			sections = append(sections, i)
		}
	}
	if bodyAt < 0 {
		return ErrDamaged
	}
	relate := strings.TrimSuffix(relOffice, "/")
	if space == wordStrict {
		relate = strings.TrimSuffix(relStrict, "/")
	}
	rels, err := d.relations(d.main)
	if err != nil {
		return err
	}
	targets := map[string]string{}
	for _, r := range rels {
		targets[r.id] = r.target
	}
	var references strings.Builder
	for _, where := range []string{"header", "footer"} {
		text := m.Header
		if where == "footer" {
			text = m.Footer
		}
		if text == nil && (where == "footer" || m.Watermark == nil) {
			continue
		}
		content := wordMark(space, where, text, m.Watermark)
		have := map[string]bool{}
		done := map[string]bool{}
		for _, e := range all {
			if e.name.Local != where+"Reference" || e.up < 0 || all[e.up].name.Local != "sectPr" {
				continue
			}
			name := targets[e.attr("id")]
			if len(sections) > 0 && e.up == sections[0] {
				have[either(e.attr("type"), "default")] = true
			}
			if name == "" || !d.has(name) {
				return ErrDamaged
			}
			if done[strings.ToLower(name)] {
				continue
			}
			done[strings.ToLower(name)] = true
			if err := markStory(d, name, content); err != nil {
				return err
			}
		}
		for _, kind := range []string{"default", "first", "even"} {
			if have[kind] {
				continue
			}
			id, err := d.newStory(where, space, relate, content)
			if err != nil {
				return err
			}
			fmt.Fprintf(&references, `<m:%sReference xmlns:m="%s" xmlns:mr="%s" m:type="%s" mr:id="%s"/>`, where, space, relate, kind, id)
		}
	}
	if references.Len() == 0 {
		return nil
	}
	var e edit
	switch {
	case len(sections) == 0:
		e = inside(body, &all[bodyAt], `<m:sectPr xmlns:m="`+space+`">`+references.String()+`</m:sectPr>`)
	case all[sections[0]].empty():
		e = inside(body, &all[sections[0]], references.String())
	default:
		at := all[sections[0]].inner
		e = edit{at, at, references.String()}
	}
	return d.put(d.main, "", apply(body, []edit{e}))
}

// newStory adds a header or footer that has the mark alone.
func (d *document) newStory(where, space, relate, content string) (string, error) {
	root := map[string]string{"header": "hdr", "footer": "ftr"}[where]
	name := d.fresh(folder(d.main)+"referee"+where, ".xml")
	data := xml.Header + `<w:` + root + ` xmlns:w="` + space + `">` + content + `</w:` + root + `>`
	if err := d.put(name, "application/vnd.openxmlformats-officedocument.wordprocessingml."+where+"+xml", []byte(data)); err != nil {
		return "", err
	}
	return d.relate(d.main, relate+"/"+where, name)
}

// markStory puts the mark at the end of a header or footer, in the place of one that we made before.
func markStory(d *document, name, content string) error {
	data, err := d.part(name)
	if err != nil {
		return err
	}
	all, err := outline(data, func(n xml.Name) bool {
		return n.Local == "p" || n.Local == "pPr" || n.Local == "sdt" || n.Local == "sdtPr" || n.Local == "tag"
	})
	if err != nil {
		return err
	}
	var edits []edit
	for i := range all {
		e := &all[i]
		if e.name.Local != "tag" || e.attr("val") != wordTag || e.up < 0 || all[e.up].name.Local != "sdtPr" || all[all[e.up].up].depth != 2 {
			continue
		}
		old := all[all[e.up].up]
		around, props := all[old.up], all[old.up+1]
		if props.name.Local == "pPr" && props.start == around.inner && props.end == old.start && old.end == around.after {
			old = around // the paragraph is ours and nobody wrote into it
		}
		edits = append(edits, edit{old.start, old.end, ""})
	}
	edits = append(edits, inside(data, &all[0], content))
	return d.put(name, "", apply(data, edits))
}

// wordMark is a paragraph with a content control: the text, and for headers the watermark, which Word keeps there.
func wordMark(space, where string, text *Mark, water *Watermark) string {
	var b strings.Builder
	align := "center"
	if text != nil {
		align = text.align()
	}
	fmt.Fprintf(&b, `<m:p xmlns:m="%s"><m:pPr><m:jc m:val="%s"/></m:pPr><m:sdt><m:sdtPr><m:alias m:val="Sensitivity label"/><m:tag m:val="%s"/></m:sdtPr><m:sdtContent>`, space, align, wordTag)
	if text != nil {
		fmt.Fprintf(&b, `<m:r><m:rPr><m:color m:val="%s"/><m:sz m:val="%d"/></m:rPr><m:t xml:space="preserve">%s</m:t></m:r>`, text.colour(), 2*text.size(), escape(text.Text))
	}
	if where == "header" && water != nil {
		_, width, height := water.box(wordRoom)
		turn := ""
		if water.diagonal() {
			turn = "rotation:315;"
		}
		// The shape type is WordArt's plain text (136), the one that Word's own watermarks use.
		fmt.Fprintf(&b, `<m:r><m:rPr><m:noProof/></m:rPr><m:pict><v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">`+
			`<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>`+
			`<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>`+
			`<v:shape xmlns:v="urn:schemas-microsoft-com:vml" id="RefereeWatermark" type="#_x0000_t136" style="position:absolute;margin-left:0;margin-top:0;width:%.0fpt;height:%.0fpt;%sz-index:-251657216;mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin" fillcolor="#%s" stroked="f">`+
			`<v:fill opacity=".5"/><v:textpath style="font-family:&quot;Calibri&quot;;font-size:1pt" string="%s"/></v:shape></m:pict></m:r>`,
			width, height, turn, water.colour(), escape(water.Text))
	}
	b.WriteString(`</m:sdtContent></m:sdt></m:p>`)
	return b.String()
}

// folder is a part's folder with its slash, "" for the root.
func folder(name string) string { return name[:strings.LastIndexByte(name, '/')+1] }
