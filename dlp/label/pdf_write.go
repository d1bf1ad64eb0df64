package label

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/referee-casb/referee/dlp/internal/pdf"
)

// openPDF reads a PDF's structure.
func openPDF(src *io.SectionReader) (f *pdf.File, catalog *pdf.Dict, err error) {
	if src.Size() > maxPDF {
		return nil, nil, ErrUnsupported
	}
	if f, err = pdf.Open(src, src.Size()); err != nil {
		return nil, nil, asOurs(err)
	}
	if f.Trailer.Get("Encrypt") != nil {
		return f, nil, ErrHidden
	}
	if catalog, err = f.Dict(f.Trailer.Get("Root")); err != nil || catalog == nil {
		return nil, nil, asOurs(either(err, pdf.ErrDamaged))
	}
	return f, catalog, nil
}

func asOurs(err error) error {
	if errors.Is(err, pdf.ErrDamaged) {
		return ErrDamaged
	}
	return err
}

// toPDF writes a PDF with an incremental update that makes the change.
func toPDF(w io.Writer, src *io.SectionReader, c *Change) error {
	f, catalog, err := openPDF(src)
	if err != nil {
		return err
	}
	signed, certified, err := signatures(f, catalog)
	switch {
	case err != nil:
		return asOurs(err)
	case certified, signed && c.Marking.any():
		// Certified documents forbid changes (12.8.2.2). Marks would be shown as a change of what was signed.
		return ErrSigned
	}
	u := f.Update()
	if c.Label.ID != "" || c.Remove {
		if err := labelPDF(f, u, catalog, c); err != nil {
			return asOurs(err)
		}
	}
	if c.Marking.any() {
		if err := markPages(f, u, catalog, &c.Marking); err != nil {
			return asOurs(err)
		}
	}
	_, err = u.WriteTo(w)
	return asOurs(err)
}

// signatures tells documents that have signatures (12.7.3, SigFlags), and those that are certified (12.8.6).
func signatures(f *pdf.File, catalog *pdf.Dict) (signed, certified bool, err error) {
	form, err := f.Dict(catalog.Get("AcroForm"))
	if err != nil {
		return false, false, err
	}
	if form != nil {
		flags, err := f.Lookup(form.Get("SigFlags"))
		if err != nil {
			return false, false, err
		}
		n, _ := pdf.AsInt(flags)
		signed = n&1 != 0
	}
	perms, err := f.Dict(catalog.Get("Perms"))
	return signed, perms != nil && perms.Get("DocMDP") != nil, err
}

// labelPDF puts the properties into the document information and into XMP, as the Microsoft Information Protection SDK does.
func labelPDF(f *pdf.File, u *pdf.Update, catalog *pdf.Dict, c *Change) error {
	info, err := f.Dict(f.Trailer.Get("Info"))
	if err != nil {
		return err
	}
	if info == nil {
		info = pdf.NewDict()
	}
	now, err := structured(f, catalog)
	if err != nil {
		return err
	}
	gone := map[string]bool{c.Label.ID: !c.Remove}
	for _, l := range now {
		gone[l.ID] = gone[l.ID] || l.SiteID == c.Label.SiteID
	}
	info = info.Clone()
	for _, key := range info.Keys() {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			if id, _, cut := strings.Cut(rest, "_"); cut && gone[guid(id)] {
				info.Delete(key)
			}
		}
	}
	if !c.Remove {
		for _, one := range c.Label.fields() {
			info.Set(prefix+c.Label.ID+"_"+one.name, pdf.Text(one.value))
		}
	}
	if r, ok := f.Trailer.Get("Info").(pdf.Ref); ok {
		u.Replace(r, info, nil)
	} else {
		u.SetTrailer("Info", u.Add(info, nil))
	}
	return labelXMP(f, u, catalog, c, gone)
}

// pdfx is Adobe's namespace of document information in XMP.
const (
	pdfx     = "http://ns.adobe.com/pdfx/1.3/"
	rdfSpace = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
)

func labelXMP(f *pdf.File, u *pdf.Update, catalog *pdf.Dict, c *Change, gone map[string]bool) error {
	d, data, err := f.Stream(catalog.Get("Metadata"))
	if err != nil {
		return err
	}
	ref, there := catalog.Get("Metadata").(pdf.Ref)
	if data == nil {
		if c.Remove {
			return nil
		}
		data = []byte("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
			`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="` + rdfSpace + `"></rdf:RDF></x:xmpmeta>` + "\n" + `<?xpacket end="w"?>`)
	}
	if data, err = editXMP(data, c, gone); err != nil {
		return err
	}
	fresh := pdf.NewDict("Type", pdf.Name("Metadata"), "Subtype", pdf.Name("XML"))
	if there && d != nil {
		u.Replace(ref, fresh, data)
		return nil
	}
	root, ok := f.Trailer.Get("Root").(pdf.Ref)
	if !ok {
		return pdf.ErrDamaged
	}
	next := catalog.Clone()
	next.Set("Metadata", u.Add(fresh, data))
	u.Replace(root, next, nil)
	return nil
}

// editXMP drops what was said of labels that go, as elements and as attributes, and adds a description of the new one.
func editXMP(data []byte, c *Change, gone map[string]bool) ([]byte, error) {
	all, err := outline(data, everything)
	if err != nil {
		return nil, pdf.ErrDamaged
	}
	ours := func(n xml.Name) bool {
		rest, ok := strings.CutPrefix(n.Local, prefix)
		id, _, cut := strings.Cut(rest, "_")
		return ok && cut && gone[guid(id)]
	}
	root := -1
	var edits []edit
	skip := 0
	for i := range all {
		e := &all[i]
		if e.start < skip {
			continue
		}
		switch {
		case ours(e.name):
			edits, skip = append(edits, edit{e.start, e.end, ""}), e.end
			continue
		case e.name.Local == "RDF" && e.name.Space == rdfSpace && root < 0:
			root = i
		}
		for _, a := range e.attrs {
			if !ours(a.Name) {
				continue
			}
			from, to := attribute(data[e.start:e.inner], a.Name.Local)
			if from < 0 {
				return nil, pdf.ErrDamaged
			}
			edits = append(edits, edit{e.start + from, e.start + to, ""})
		}
	}
	if root < 0 {
		return nil, pdf.ErrDamaged
	}
	if !c.Remove {
		var b strings.Builder
		b.WriteString(`<r:Description xmlns:r="` + rdfSpace + `" r:about="" xmlns:pdfx="` + pdfx + `">`)
		for _, one := range c.Label.fields() {
			name := "pdfx:" + prefix + c.Label.ID + "_" + one.name
			b.WriteString("<" + name + ">" + escape(one.value) + "</" + name + ">")
		}
		b.WriteString("</r:Description>")
		edits = append(edits, inside(data, &all[root], b.String()))
	}
	return apply(data, edits), nil
}

// attribute finds an attribute of a start tag by its local name.
func attribute(tag []byte, local string) (from, to int) {
	for at := 0; ; {
		i := bytes.Index(tag[at:], []byte(local))
		if i < 0 {
			return -1, -1
		}
		i += at
		at = i + len(local)
		rest := bytes.TrimLeft(tag[at:], " \t\r\n")
		if !bytes.HasPrefix(rest, []byte("=")) {
			continue
		}
		rest = bytes.TrimLeft(rest[1:], " \t\r\n")
		if len(rest) == 0 {
			return -1, -1
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return -1, -1
		}
		from = bytes.LastIndexAny(tag[:i], " \t\r\n")
		return from, len(tag) - len(rest) + end + 2
	}
}

// structured reads the labels where they stand now: older versions of the file, further up in it, don't count.
func structured(f *pdf.File, catalog *pdf.Dict) ([]Label, error) {
	p := properties{}
	_, data, err := f.Stream(catalog.Get("Metadata"))
	if err != nil {
		return nil, err
	}
	inText(data, p)
	info, err := f.Dict(f.Trailer.Get("Info"))
	if err != nil {
		return nil, err
	}
	if info != nil {
		for _, key := range info.Keys() {
			v, err := f.Lookup(info.Get(key))
			if err != nil {
				return nil, err
			}
			if text, ok := pdf.AsText(v); ok {
				p.set(key, text)
			}
		}
	}
	return p.list(), nil
}
