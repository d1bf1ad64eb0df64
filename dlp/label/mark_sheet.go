package label

import (
	"encoding/xml"
	"slices"
	"strings"
	"unicode/utf8"
)

// afterHeaders are the elements that follow headerFooter in a sheet (ECMA-376 part 1, 18.3.1.99).
var afterHeaders = []string{
	"rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture",
	"oleObjects", "controls", "webPublishItems", "tableParts", "extLst", "AlternateContent",
}

// markSheets puts marks into the headers and footers of all sheets, which show in print and in page layout view. Excel
// has no watermarks.
func markSheets(d *document, m *Marking) error {
	if m.Header == nil && m.Footer == nil {
		return nil
	}
	rels, err := d.relations(d.main)
	if err != nil {
		return err
	}
	for _, r := range rels {
		if !r.is("worksheet") && !r.is("chartsheet") && !r.is("dialogsheet") && !strings.HasSuffix(r.kind, "/xlMacrosheet") && !strings.HasSuffix(r.kind, "/xlIntlMacrosheet") {
			continue
		}
		data, err := d.part(r.target)
		if err != nil {
			return err
		}
		if data == nil {
			return ErrDamaged
		}
		if data, err = markSheet(data, m); err != nil {
			return err
		}
		if err := d.put(r.target, "", data); err != nil {
			return err
		}
	}
	return nil
}

var sheetParts = []string{"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"}

func markSheet(data []byte, m *Marking) ([]byte, error) {
	all, err := outline(data, func(n xml.Name) bool {
		return n.Local == "headerFooter" || slices.Contains(sheetParts, n.Local) || slices.Contains(afterHeaders, n.Local)
	})
	if err != nil {
		return nil, err
	}
	at, have := -1, -1
	for i, e := range all {
		if e.depth != 1 {
			continue
		}
		if e.name.Local == "headerFooter" {
			have = i
		} else if at < 0 && slices.Contains(afterHeaders, e.name.Local) {
			at = e.start
		}
	}
	now := map[string]string{}
	attrs := ""
	if have >= 0 {
		for _, a := range all[have].attrs {
			if a.Name.Space == "" && a.Name.Local != "xmlns" {
				attrs += ` ` + a.Name.Local + `="` + escape(a.Value) + `"`
			}
		}
		for _, e := range all {
			if e.up == have && e.depth == 2 {
				if now[e.name.Local], err = chars(data[e.inner:e.after]); err != nil {
					return nil, err
				}
			}
		}
	}
	yes := func(name string) bool { return have >= 0 && truth(all[have].attr(name)) }
	p := all[0].prefix
	var b strings.Builder
	b.WriteString("<" + p + "headerFooter" + attrs + ">")
	for _, part := range sheetParts {
		text := now[part]
		shown := strings.HasPrefix(part, "odd") || strings.HasPrefix(part, "even") && yes("differentOddEven") || strings.HasPrefix(part, "first") && yes("differentFirst")
		if shown && strings.HasSuffix(part, "Header") && m.Header != nil {
			text = withMark(text, m.Header)
		}
		if shown && strings.HasSuffix(part, "Footer") && m.Footer != nil {
			text = withMark(text, m.Footer)
		}
		if text != "" {
			b.WriteString("<" + p + part + ` xml:space="preserve">` + escape(text) + "</" + p + part + ">")
		}
	}
	b.WriteString("</" + p + "headerFooter>")
	switch {
	case have >= 0:
		return apply(data, []edit{{all[have].start, all[have].end, b.String()}}), nil
	case at >= 0:
		return apply(data, []edit{{at, at, b.String()}}), nil
	}
	return apply(data, []edit{inside(data, &all[0], b.String())}), nil
}

// chars is the text of an element without elements.
func chars(inner []byte) (string, error) {
	var v struct {
		Text string `xml:",chardata"`
	}
	if err := xml.Unmarshal(append(append([]byte("<a>"), inner...), "</a>"...), &v); err != nil {
		return "", ErrDamaged
	}
	return v.Text, nil
}

// maxSheetText is how much text a header or footer may have, codes too (ECMA-376 part 1, 18.3.1.39 and what Excel takes).
const maxSheetText = 255

// withMark adds a mark to the left, center or right section of a header or footer (ECMA-376 part 1, 18.3.1.46). What
// stood there stays, except where both are too long: then the mark alone.
func withMark(text string, m *Mark) string {
	sections := map[byte]string{}
	in := byte('C')
	for i := 0; i < len(text); i++ {
		if text[i] != '&' || i+1 == len(text) {
			sections[in] += text[i : i+1]
			continue
		}
		i++
		switch c := text[i] &^ 0x20; c {
		case 'L', 'C', 'R':
			in = c
		default:
			sections[in] += text[i-1 : i+1]
		}
	}
	// The colour stands between size and text, so that a text that begins with digits isn't read as part of the size.
	mark := "&" + decimal(m.size()) + "&K" + m.colour() + strings.ReplaceAll(m.Text, "&", "&&")
	where := map[string]byte{"left": 'L', "center": 'C', "right": 'R'}[m.align()]
	if strings.HasSuffix(sections[where], mark) {
		return text
	}
	old := sections[where]
	if old == "" {
		sections[where] = mark
	} else {
		sections[where] = old + "\n" + mark
	}
	join := func() string {
		out := ""
		for _, c := range []byte("LCR") {
			if sections[c] != "" {
				out += "&" + string(rune(c)) + sections[c]
			}
		}
		return out
	}
	if utf8.RuneCountInString(join()) > maxSheetText {
		sections[where] = mark
	}
	if utf8.RuneCountInString(join()) > maxSheetText {
		sections = map[byte]string{where: mark}
	}
	return join()
}
