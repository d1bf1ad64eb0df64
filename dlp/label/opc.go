package label

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
)

// document is an Open Packaging document (ECMA-376 part 2) under change. Parts that aren't changed are copied packed as
// they are.
type document struct {
	zip     *zip.Reader
	files   map[string]*zip.File // by name in lower case
	kind    Kind
	main    string            // the name of the main part, without a slash before it
	changed map[string][]byte // by name as in the zip, new ones too
	added   []string          // names of new parts, in order
	unpack  int64             // how much more may be unpacked
}

// Bounds of a document under change.
const (
	maxEntries  = 100_000
	maxUnpacked = 256 << 20 // of all parts that are edited
	maxDocument = 128 << 20 // of one
)

const contentTypes = "[Content_Types].xml"

// Namespaces and types of ECMA-376 part 2; the strict ones of ISO/IEC 29500 stand beside them where programs write them.
const (
	nsTypes     = "http://schemas.openxmlformats.org/package/2006/content-types"
	nsRelations = "http://schemas.openxmlformats.org/package/2006/relationships"
	relOffice   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	relStrict   = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
)

// openDocument reads what holds a document together.
func openDocument(src *io.SectionReader) (*document, error) {
	z, err := zip.NewReader(src, src.Size())
	if err != nil || len(z.File) > maxEntries {
		return nil, ErrDamaged
	}
	d := &document{zip: z, changed: map[string][]byte{}, files: map[string]*zip.File{}, unpack: maxUnpacked}
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		if f.Flags&1 != 0 {
			return nil, ErrHidden
		}
		if d.files[name] != nil {
			// Two programs may read two documents out of one file; what we label has to be what is opened.
			return nil, ErrDamaged
		}
		d.files[name] = f
	}
	if !d.has(contentTypes) {
		return nil, ErrUnsupported // a zip of something else
	}
	rels, err := d.relations("")
	if err != nil {
		return nil, err
	}
	for _, r := range rels {
		switch {
		case r.is("officeDocument"):
			if d.main == "" {
				d.main = r.target
			}
		case strings.HasSuffix(r.kind, "/digital-signature/origin"):
			return nil, ErrSigned
		}
	}
	if d.main == "" || !d.has(d.main) {
		return nil, ErrUnsupported
	}
	kind, err := d.contentType(d.main)
	if err != nil {
		return nil, err
	}
	switch kind = strings.ToLower(kind); {
	case strings.Contains(kind, "binary"):
		return nil, ErrUnsupported // xlsb
	case strings.Contains(kind, "wordprocessingml") || strings.Contains(kind, "ms-word."):
		d.kind = Word
	case strings.Contains(kind, "spreadsheetml") || strings.Contains(kind, "ms-excel."):
		d.kind = Sheet
	case strings.Contains(kind, "presentationml") || strings.Contains(kind, "ms-powerpoint."):
		d.kind = Slides
	default:
		return nil, ErrUnsupported
	}
	return d, nil
}

// entry finds a part's name as the zip has it: names are compared without regard to case (ECMA-376 part 2, 6.2.2.3).
func (d *document) entry(name string) (*zip.File, bool) {
	f, ok := d.files[strings.ToLower(name)]
	return f, ok
}

func (d *document) has(name string) bool {
	if _, ok := d.changed[name]; ok {
		return true
	}
	_, ok := d.entry(name)
	return ok
}

// part returns a part as it is now, nil when there is none.
func (d *document) part(name string) ([]byte, error) {
	f, ok := d.entry(name)
	if ok {
		name = f.Name
	}
	if data, ok := d.changed[name]; ok {
		return data, nil
	}
	if !ok {
		return nil, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, ErrDamaged
	}
	defer r.Close() //nolint:errcheck // it reads
	limit := min(d.unpack, maxDocument)
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil || int64(len(data)) > limit {
		return nil, ErrDamaged
	}
	d.unpack -= int64(len(data))
	return data, nil
}

// put changes a part, or adds it with its content type.
func (d *document) put(name, kind string, data []byte) error {
	if f, ok := d.entry(name); ok {
		name = f.Name
	} else if _, ok := d.changed[name]; !ok {
		d.added = append(d.added, name)
	}
	d.changed[name] = data
	if kind == "" {
		return nil
	}
	now, err := d.contentType(name)
	if err != nil || now == kind {
		return err
	}
	types, err := d.part(contentTypes)
	if err != nil {
		return err
	}
	all, err := outline(types, everything)
	if err != nil {
		return err
	}
	var edits []edit
	for i := range all {
		if e := &all[i]; e.name.Local == "Override" && strings.EqualFold(e.attr("PartName"), "/"+name) {
			edits = append(edits, edit{e.start, e.end, ""})
		}
	}
	edits = append(edits, inside(types, &all[0], `<`+all[0].prefix+`Override PartName="/`+escape(name)+`" ContentType="`+kind+`"/>`))
	return d.put(contentTypes, "", apply(types, edits))
}

// contentType returns the type that the document gives a part, "" when none.
func (d *document) contentType(name string) (string, error) {
	types, err := d.part(contentTypes)
	if err != nil {
		return "", err
	}
	all, err := outline(types, everything)
	if err != nil {
		return "", err
	}
	if all[0].name.Space != nsTypes || all[0].name.Local != "Types" {
		return "", ErrDamaged
	}
	byExtension := ""
	for i := range all {
		switch e := &all[i]; e.name.Local {
		case "Override":
			if strings.EqualFold(e.attr("PartName"), "/"+name) {
				return e.attr("ContentType"), nil
			}
		case "Default":
			if strings.EqualFold("."+e.attr("Extension"), path.Ext(name)) {
				byExtension = e.attr("ContentType")
			}
		}
	}
	return byExtension, nil
}

// relation is a relationship of a part.
type relation struct {
	id, kind string
	target   string // name of the part, "" for what lies outside
}

// is tells a type of ECMA-376 and of ISO/IEC 29500 strict.
func (r *relation) is(kind string) bool { return r.kind == relOffice+kind || r.kind == relStrict+kind }

// relationsOf is the part that has another's relationships; of is "" for the whole document's.
func relationsOf(of string) string {
	dir, base := path.Split(of)
	return dir + "_rels/" + base + ".rels"
}

// relations returns a part's relationships.
func (d *document) relations(of string) ([]relation, error) {
	data, err := d.part(relationsOf(of))
	if err != nil || data == nil {
		return nil, err
	}
	all, err := outline(data, everything)
	if err != nil {
		return nil, err
	}
	if all[0].name.Space != nsRelations {
		return nil, ErrDamaged
	}
	var out []relation
	for i := range all {
		e := &all[i]
		if e.name.Local != "Relationship" {
			continue
		}
		r := relation{id: e.attr("Id"), kind: e.attr("Type")}
		if !strings.EqualFold(e.attr("TargetMode"), "External") {
			r.target = e.attr("Target")
			if strings.HasPrefix(r.target, "/") {
				r.target = path.Clean(r.target)[1:]
			} else {
				r.target = path.Join(path.Dir(of), r.target)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// relate adds a relationship and returns its id. target is a name from the document's root.
func (d *document) relate(of, kind, target string) (string, error) {
	name := relationsOf(of)
	data, err := d.part(name)
	if err != nil {
		return "", err
	}
	if data == nil {
		data = []byte(xml.Header + `<Relationships xmlns="` + nsRelations + `"></Relationships>`)
	}
	all, err := outline(data, everything)
	if err != nil {
		return "", err
	}
	ids := map[string]bool{}
	for i := range all {
		ids[all[i].attr("Id")] = true
	}
	id := ""
	for n := 1; id == "" || ids[id]; n++ {
		id = "rIdReferee" + strconv.Itoa(n)
	}
	text := `<` + all[0].prefix + `Relationship Id="` + id + `" Type="` + kind + `" Target="/` + escape(target) + `"/>`
	return id, d.put(name, "application/vnd.openxmlformats-package.relationships+xml", apply(data, []edit{inside(data, &all[0], text)}))
}

// unrelate drops the relationships of a type, and says what they led to.
func (d *document) unrelate(of, kind string) error {
	name := relationsOf(of)
	data, err := d.part(name)
	if err != nil || data == nil {
		return err
	}
	all, err := outline(data, everything)
	if err != nil {
		return err
	}
	var edits []edit
	for i := range all {
		if all[i].attr("Type") == kind {
			edits = append(edits, edit{all[i].start, all[i].end, ""})
		}
	}
	if len(edits) == 0 {
		return nil
	}
	return d.put(name, "", apply(data, edits))
}

// fresh returns a name that no part has.
func (d *document) fresh(before, after string) string {
	for n := 1; ; n++ {
		if name := before + strconv.Itoa(n) + after; !d.has(name) {
			return name
		}
	}
}

// writeTo writes the document. Entries that didn't change keep their packed bytes, order, times and attributes.
func (d *document) writeTo(w io.Writer) error {
	out := zip.NewWriter(w)
	for _, f := range d.zip.File {
		data, ok := d.changed[f.Name]
		if !ok {
			if err := out.Copy(f); err != nil {
				return damaged(err)
			}
			continue
		}
		if err := pack(out, &zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: epoch}, data); err != nil {
			return err
		}
	}
	for _, name := range d.added {
		if err := pack(out, &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch}, d.changed[name]); err != nil {
			return err
		}
	}
	return out.Close()
}

// epoch is the time that Office gives its parts.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// damaged tells what a zip is to blame for from errors of reading and writing.
func damaged(err error) error {
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return err
}

func pack(out *zip.Writer, h *zip.FileHeader, data []byte) error {
	w, err := out.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func everything(xml.Name) bool { return true }
