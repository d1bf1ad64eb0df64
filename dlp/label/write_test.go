package label

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

const (
	public = "11111111-5bf5-4d07-af41-65de05a9c87a"
	other  = "22222222-86f1-41af-91ab-2d7cd011db47"
	ours   = "f66b6bd3-ebc2-4f54-8769-d22858de97c5"
)

func confidential() Label {
	return Label{ID: amber, Name: `Amber & "red"`, SiteID: ours, Method: Privileged, SetDate: "2026-11-23T10:00:00Z"}
}

func marks() Marking {
	return Marking{
		Header:    &Mark{Text: "Amber header <1>", Colour: "#FF0000", Align: "right"},
		Footer:    &Mark{Text: "7 & a footer", Size: 8, Align: "left"},
		Watermark: &Watermark{Text: "AMBERMARK"},
	}
}

func write(t testing.TB, data string, c Change) (string, error) {
	t.Helper()
	var b bytes.Buffer
	err := Write(&b, io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), c)
	if err != nil && b.Len() > 0 {
		t.Fatalf("%d bytes were written before %v", b.Len(), err)
	}
	return b.String(), err
}

// entries are the packed bytes of a zip's parts by name.
func entries(t testing.TB, data string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(raw)
	}
	return out
}

func unpacked(t testing.TB, data, name string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWriteLabel(t *testing.T) {
	t.Parallel()
	want := confidential()
	want.Enabled = true
	for kind, data := range samples(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			got, err := write(t, data, Change{Label: confidential()})
			if err != nil {
				t.Fatal(err)
			}
			labels, err := read(got)
			if err != nil || len(labels) != 1 || labels[0].ID != amber || labels[0].SiteID != ours || labels[0].Method != Privileged || !labels[0].Enabled {
				t.Fatalf("%+v, %v", labels, err)
			}
			props, err := customProperties([]byte(unpacked(t, got, "docProps/custom.xml")))
			if err != nil || !reflect.DeepEqual(props, []Label{want}) {
				t.Errorf("%+v, %v", props, err)
			}
			before, after := entries(t, data), entries(t, got)
			changed := map[string]bool{"[Content_Types].xml": true, "_rels/.rels": true}
			for name, raw := range before {
				if (after[name] != raw) != changed[name] {
					t.Errorf("%s: changed %v", name, after[name] != raw)
				}
			}
			if len(after) != len(before)+2 {
				t.Errorf("%d parts of %d", len(after), len(before))
			}
			// A second label of the tenant takes the first one's place; writing the same again changes nothing.
			again, err := write(t, got, Change{Label: confidential()})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "docMetadata/LabelInfo.xml"} {
				if unpacked(t, got, name) != unpacked(t, again, name) {
					t.Errorf("%s differs the second time:\n%s\n%s", name, unpacked(t, got, name), unpacked(t, again, name))
				}
			}
			second := confidential()
			second.ID, second.Name = public, "Public"
			next, err := write(t, again, Change{Label: second})
			if err != nil {
				t.Fatal(err)
			}
			if labels, err := read(next); err != nil || len(labels) != 1 || labels[0].ID != public {
				t.Errorf("%+v, %v", labels, err)
			}
			if text := unpacked(t, next, "docProps/custom.xml"); strings.Contains(text, amber) || !strings.Contains(text, public) {
				t.Errorf("properties: %s", text)
			}
			none, err := write(t, next, Change{Label: Label{SiteID: ours}, Remove: true})
			if err != nil {
				t.Fatal(err)
			}
			if labels, err := read(none); err != nil || len(labels) != 0 || strings.Contains(unpacked(t, none, "docProps/custom.xml"), public) {
				t.Errorf("removed: %+v, %v", labels, err)
			}
		})
	}
}

// TestKeepsOthers keeps labels of other tenants, and properties that aren't labels.
func TestKeepsOthers(t *testing.T) {
	t.Parallel()
	custom := `<?xml version="1.0"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">` +
		`<property fmtid="` + customID + `" pid="2" name="Case"><vt:i4>7</vt:i4></property>` +
		`<property fmtid="` + customID + `" pid="3" name="MSIP_Label_` + public + `_Enabled"><vt:lpwstr>true</vt:lpwstr></property>` +
		`<property fmtid="` + customID + `" pid="4" name="MSIP_Label_` + public + `_SiteId"><vt:lpwstr>` + ours + `</vt:lpwstr></property>` +
		`<property fmtid="` + customID + `" pid="9" name="MSIP_Label_` + site + `_Enabled"><vt:lpwstr>true</vt:lpwstr></property>` +
		`<property fmtid="` + customID + `" pid="10" name="MSIP_Label_` + site + `_SiteId"><vt:lpwstr>` + other + `</vt:lpwstr></property></Properties>`
	data := wordFile(t, `<w:p/>`, "docProps/custom.xml", custom)
	got, err := write(t, data, Change{Label: confidential()})
	if err != nil {
		t.Fatal(err)
	}
	labels, err := read(got)
	if err != nil || len(labels) != 2 || labels[0].ID != site || labels[0].SiteID != other || labels[1].ID != amber {
		t.Fatalf("%+v, %v", labels, err)
	}
	text := unpacked(t, got, "docProps/custom.xml")
	if !strings.Contains(text, `pid="2" name="Case"><vt:i4>7</vt:i4>`) || strings.Contains(text, public) || !strings.Contains(text, `pid="11"`) || strings.Count(text, `pid="10"`) != 1 {
		t.Errorf("properties: %s", text)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	doc := samples(t)["docx"]
	signed := wordFile(t, `<w:p/>`, "_rels/.rels", strings.Replace(rootRels("word/document.xml"), "</Relationships>", `<Relationship Id="s" Type="http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/></Relationships>`, 1))
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"zip of something else": {packed(t, "a.txt", "x"), ErrUnsupported},
		"text":                  {"hello", ErrUnsupported},
		"empty":                 {"", ErrUnsupported},
		"OpenDocument":          {packed(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<x/>"), ErrUnsupported},
		"binary workbook":       {packed(t, contentTypes, `<Types xmlns="`+nsTypes+`"><Override PartName="/xl/workbook.bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>`, "_rels/.rels", rootRels("xl/workbook.bin"), "xl/workbook.bin", "x"), ErrUnsupported},
		"of before 2007":        {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("x", 600), ErrUnsupported},
		"encrypted":             {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", ErrHidden},
		"cut":                   {doc[:len(doc)-40], ErrDamaged},
		"two of a name":         {wordFile(t, `<w:p/>`, "WORD/document.xml", "<x/>", "word/Document.xml", "<y/>"), ErrDamaged},
		"signed":                {signed, ErrSigned},
		"broken types":          {wordFile(t, `<w:p/>`, contentTypes, "<Types"), ErrDamaged},
		"a DTD":                 {wordFile(t, `<w:p/>`, "_rels/.rels", `<!DOCTYPE x [<!ENTITY a "b">]>`+rootRels("word/document.xml")), ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := write(t, c.data, Change{Label: confidential()}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	for name, l := range map[string]Label{
		"no site": {ID: amber, Method: Standard}, "no id": {ID: "x", SiteID: ours, Method: Standard}, "no method": {ID: amber, SiteID: ours},
		"control characters": {ID: amber, SiteID: ours, Method: Standard, Name: "a\x00b"}, "no date": {ID: amber, SiteID: ours, Method: Standard, SetDate: "today"},
	} {
		if _, err := write(t, doc, Change{Label: l}); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

func TestFollowsRelationship(t *testing.T) {
	t.Parallel()
	info := func(id string) string {
		return `<clbl:labelList xmlns:clbl="` + infoSpace + `"><clbl:label id="{` + id + `}" enabled="1" method="Standard" siteId="{` + ours + `}" contentBits="0" removed="0"/></clbl:labelList>`
	}
	rels := strings.Replace(rootRels("word/document.xml"), "</Relationships>", `<Relationship Id="l" Type="`+infoRel+`" Target="/x/info.xml"/></Relationships>`, 1)
	data := wordFile(t, `<w:p/>`, "_rels/.rels", rels, infoName, info(public), "x/info.xml", info(amber))
	if labels, err := read(data); err != nil || len(labels) != 1 || labels[0].ID != amber {
		t.Fatalf("%+v, %v", labels, err)
	}
	two := wordFile(t, `<w:p/>`, "_rels/.rels", strings.Replace(rels, "</Relationships>", `<Relationship Id="m" Type="`+infoRel+`" Target="`+infoName+`"/></Relationships>`, 1), infoName, info(public), "x/info.xml", info(amber))
	if labels, err := read(two); !errors.Is(err, ErrDamaged) {
		t.Errorf("of two: %+v, %v", labels, err)
	}
	next := confidential()
	next.ID = site
	got, err := write(t, data, Change{Label: next})
	if err != nil {
		t.Fatal(err)
	}
	if labels, err := read(got); err != nil || len(labels) != 1 || labels[0].ID != site {
		t.Errorf("%+v, %v", labels, err)
	}
}
