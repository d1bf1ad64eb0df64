package label

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
)

// Names and types of the parts that hold labels ([MS-OFFCRYPTO] 2.6.4, [MS-OI29500] 3.4.1.5, and what Office writes).
const (
	infoName   = "docMetadata/LabelInfo.xml"
	infoType   = "application/vnd.ms-office.classificationlabels+xml"
	infoRel    = "http://schemas.microsoft.com/office/2020/02/relationships/classificationlabels"
	infoSpace  = "http://schemas.microsoft.com/office/2020/mipLabelMetadata"
	customName = "docProps/custom.xml"
	customType = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
	customRel  = relOffice + "custom-properties"
	customID   = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" // FMTID of user-defined properties ([MS-OLEPS] 2.25.1)
)

// toOpenXML writes a document of ECMA-376 with the change made.
func toOpenXML(w io.Writer, src *io.SectionReader, c *Change) error {
	d, err := openDocument(src)
	if err != nil {
		return err
	}
	if c.Label.ID != "" || c.Remove {
		labels, err := ofOpenXML(src)
		if err != nil {
			return err
		}
		if err := d.setLabels(labels, c); err != nil {
			return err
		}
	}
	if c.Marking.any() {
		mark := map[Kind]func(*document, *Marking) error{Word: markWord, Sheet: markSheets, Slides: markSlides}[d.kind]
		if err := mark(d, &c.Marking); err != nil {
			return err
		}
	}
	return d.writeTo(w)
}

// setLabels writes both places: LabelInfo.xml, which newer programs read alone, and the properties, which older ones and
// most other readers do.
func (d *document) setLabels(now []Label, c *Change) error {
	var keep []Label
	var drop []string // ids whose properties go
	for _, l := range now {
		if l.SiteID == c.Label.SiteID || l.ID == c.Label.ID || l.Removed && l.ID == c.Label.SiteID {
			drop = append(drop, l.ID)
			continue
		}
		keep = append(keep, l)
	}
	if !c.Remove {
		l := c.Label
		l.Enabled = true
		keep = append(keep, l)
	}
	if err := d.putInfo(keep); err != nil {
		return err
	}
	return d.putProperties(drop, c)
}

func (d *document) putInfo(labels []Label) error {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8" standalone="yes"?>` + "\n" + `<clbl:labelList xmlns:clbl="` + infoSpace + `">`)
	for _, l := range labels {
		if l.SiteID == "" {
			continue // the schema asks for it; the properties keep what there is
		}
		method := l.Method
		if method == "" {
			method = Standard
		}
		b.WriteString(`<clbl:label id="{` + l.ID + `}" enabled="` + bit(l.Enabled) + `" method="` + escape(method) + `" siteId="{` + l.SiteID +
			`}" contentBits="` + decimal(l.ContentBits) + `" removed="` + bit(l.Removed) + `"/>`)
	}
	b.WriteString(`</clbl:labelList>`)
	rels, err := d.relations("")
	if err != nil {
		return err
	}
	for _, r := range rels {
		// Another name than the usual one would be read by programs that follow the relationship, ours by the other.
		if r.kind == infoRel && !strings.EqualFold(r.target, infoName) {
			if err := d.unrelate("", infoRel); err != nil {
				return err
			}
			rels = nil
			break
		}
	}
	found := false
	for _, r := range rels {
		found = found || r.kind == infoRel
	}
	if err := d.put(infoName, infoType, []byte(b.String())); err != nil || found {
		return err
	}
	_, err = d.relate("", infoRel, infoName)
	return err
}

// putProperties drops the properties of labels that go, and adds those of the one that is set. Others stay as they stand.
func (d *document) putProperties(drop []string, c *Change) error {
	name, found := customName, false
	rels, err := d.relations("")
	if err != nil {
		return err
	}
	for _, r := range rels {
		if r.is("custom-properties") {
			found = true
			if r.target != "" && d.has(r.target) {
				name = r.target
			}
		}
	}
	data, err := d.part(name)
	if err != nil {
		return err
	}
	if data == nil {
		if c.Remove {
			return nil
		}
		data = []byte(xml.Header + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"></Properties>`)
	}
	if data, err = editProperties(data, drop, c); err != nil {
		return err
	}
	if err := d.put(name, customType, data); err != nil || found {
		return err
	}
	_, err = d.relate("", customRel, name)
	return err
}

func editProperties(data []byte, drop []string, c *Change) ([]byte, error) {
	all, err := outline(data, func(n xml.Name) bool { return n.Local == "property" })
	if err != nil {
		return nil, err
	}
	old, err := customProperties(data)
	if err != nil {
		return nil, err
	}
	gone := map[string]bool{c.Label.ID: !c.Remove}
	for _, id := range drop {
		gone[id] = true
	}
	for _, l := range old { // those that LabelInfo.xml doesn't have any more
		gone[l.ID] = gone[l.ID] || l.SiteID == c.Label.SiteID
	}
	var edits []edit
	last := 1 // 0 and 1 are taken ([MS-OLEPS] 2.18)
	for i := range all[1:] {
		e := &all[i+1]
		if n, err := strconv.Atoi(e.attr("pid")); err == nil && n > last {
			last = n
		}
		rest, ok := strings.CutPrefix(e.attr("name"), prefix)
		if id, _, cut := strings.Cut(rest, "_"); ok && cut && gone[guid(id)] && e.up == 0 {
			edits = append(edits, edit{e.start, e.end, ""})
		}
	}
	if !c.Remove {
		var b strings.Builder
		root := &all[0]
		for _, f := range c.Label.fields() {
			last++
			if last < 2 || last > 1<<30 {
				return nil, ErrDamaged
			}
			b.WriteString(`<` + root.prefix + `property fmtid="` + customID + `" pid="` + strconv.Itoa(last) + `" name="` + prefix + c.Label.ID + "_" + f.name + `"><vt:lpwstr xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">` +
				escape(f.value) + `</vt:lpwstr></` + root.prefix + `property>`)
		}
		edits = append(edits, inside(data, root, b.String()))
	}
	if len(edits) == 0 {
		return data, nil
	}
	return bytes.Clone(apply(data, edits)), nil
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func decimal(n int) string { return strconv.Itoa(n) }
