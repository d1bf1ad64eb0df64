package extract

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// fontOf looks like an OpenType font whose first 32 bytes are hidden.
func fontOf() string {
	b := []byte(strings.Repeat("\x9c\x03\xf1\x00", 100))
	for i, tag := range []string{"OS/2", "cmap", "fpgm", "glyf"} {
		copy(b[44+16*i:], tag)
	}
	return string(b)
}

// printerOf looks like what a printer was told.
func printerOf() string {
	b := make([]byte, 300)
	copy(b, "P\x00r\x00i\x00n\x00t\x00e\x00r\x00")
	b[64], b[65], b[68] = 1, 4, 220
	for i := 100; i < 300; i++ {
		b[i] = byte(i * 7)
	}
	return string(b)
}

// objectOf is an embedded file as RTF has it: OLE's packager around a name and a content.
func objectOf(name, content string) string {
	n := func(v int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(v))) } //nolint:gosec // a test's
	native := "\x02\x00" + name + "\x00" + name + "\x00\x00\x00\x03\x00" + n(len(name)+1) + name + "\x00" + n(len(content)) + content
	return hex.EncodeToString([]byte(n(0x501) + n(2) + n(8) + "Package\x00" + n(0) + n(0) + n(len(native)) + native))
}

// TestHidden: text is found where it is put to be missed, and where other programs keep it.
func TestHidden(t *testing.T) {
	t.Parallel()
	harmless, err := os.ReadFile("testdata/harmless.doc")
	if err != nil {
		t.Fatal(err)
	}
	inner := zipOf(t, "plan.txt", "the hidden plan")
	flat := `<?xml version="1.0"?><office:document xmlns:office="x" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><text:p>flat text</text:p><draw:frame><office:binary-data>` +
		base64.StdEncoding.EncodeToString([]byte(inner)) + "</office:binary-data></draw:frame></office:body></office:document>"
	for _, c := range []struct {
		name, data string
		kind       Kind
		status     Status
		want       []string
	}{
		{"fonts and printers", wordOf(t, "<w:p><w:t>seen</w:t></w:p>", "word/fonts/font1.odttf", fontOf(), "word/printerSettings1.bin", printerOf()), Word, Complete, []string{"seen"}},
		{"a zip called a font", wordOf(t, "", "word/fonts/font1.odttf", inner), Word, Complete, []string{"the hidden plan"}},
		{"text called a font", wordOf(t, "", "word/fonts/font1.odttf", "4111 1111 1111 1111"), Word, Complete, []string{"4111 1111 1111 1111"}},
		{"something called a font", wordOf(t, "", "word/fonts/font1.odttf", strings.Repeat("\x00\x01\x02\x93", 300)), Word, Unsupported, nil},
		{"something called printer settings", bookOf(t, "", "", "xl/printerSettings/printerSettings1.bin", strings.Repeat("\x00\x01\x02\x93", 300)), Sheet, Unsupported, nil},
		{"a file in an RTF", `{\rtf1 before{\object\objemb{\*\objclass Package}{\*\objdata ` + objectOf("plan.txt", "in the object") + `}{\result{\pict 00}}}after}`, RTF, Complete, []string{"before", "plan.txt", "in the object", "after"}},
		{"a document in an RTF", `{\rtf1{\object{\*\objdata 01050000020000000100000000` + "0000000000000000" + hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, uint32(len(harmless)))) + "\n" + hex.EncodeToString(harmless) + `}}}`, RTF, Complete, []string{"harmless test document"}},
		{"binary data of an object", `{\rtf1{\object{\*\objdata \bin18 bytes of an object}}}`, RTF, Complete, []string{"bytes of an object"}},
		{"a silent word within text", `{\rtf1 seen\panose and this {\fonttbl but not this}}`, RTF, Complete, []string{"and this"}},
		{"a zip behind a picture", "GIF89a" + strings.Repeat("\x00\xff", 100) + inner, Image, Unsupported, []string{"the hidden plan"}},
		{"a zip behind text", strings.Repeat("text before it\n", 400) + inner, Text, Complete, []string{"text before it", "the hidden plan"}},
		{"a zip behind a picture in a document", wordOf(t, "", "word/media/a.gif", "GIF89a"+strings.Repeat("\x00\xff", 100)+inner), Word, Complete, []string{"the hidden plan"}},
		{"a PDF behind something", "<!-- nothing -->\n%PDF-1.4\n1 0 obj", XML, Unsupported, nil},
		{"EPUB", zipOf(t, "mimetype", "application/epub+zip", "META-INF/container.xml", "<container/>", "OEBPS/content.opf", "<dc:title>the book</dc:title>", "OEBPS/c1.xhtml", "<html><p>chapter one</p></html>", "OEBPS/a.png", "\x89PNG\r\n\x1a\n"), EPUB, Complete, []string{"the book", "chapter one"}},
		{"XPS", zipOf(t, "[Content_Types].xml", "<Types/>", "FixedDocumentSequence.fdseq", "<x/>", "Documents/1/Pages/1.fpage", `<FixedPage><Glyphs UnicodeString="on the page" /></FixedPage>`, "Resources/a.odttf", fontOf()), XPS, Complete, []string{"on the page"}},
		{"Visio", zipOf(t, "[Content_Types].xml", "<Types/>", "visio/document.xml", "<x/>", "visio/pages/page1.xml", `<Shape><Cell N="Comment" V="in a cell"/><Text>in a shape</Text></Shape>`), Visio, Complete, []string{"in a cell", "in a shape"}},
		{"flat OpenDocument", flat, OpenDocument, Complete, []string{"flat text", "the hidden plan"}},
		{"flat OpenDocument cut", flat[:strings.Index(flat, "</office:binary")], OpenDocument, Corrupt, []string{"flat text"}},
		{"an iWork document", zipOf(t, "Index/Document.iwa", "\x00\x01\x02\x93\x00", "Metadata/a.plist", "bplist00\x00"), Zip, Unsupported, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, res := extracted(t, c.data, Limits{})
			if res.Kind != c.kind || res.Status != c.status {
				t.Errorf("%s, %s %v, want %s %s", res.Kind, res.Status, res.Open, c.kind, c.status)
			}
			rest := text
			for _, w := range c.want {
				_, after, ok := strings.Cut(rest, w)
				if !ok {
					t.Fatalf("%q is not found (in this order) in:\n%q", w, text)
				}
				rest = after
			}
			if strings.Contains(text, "but not this") {
				t.Errorf("names of fonts are no text: %q", text)
			}
		})
	}
}

// TestStoredPDF: a zip whose first file is a PDF, not packed, is one file, not two.
func TestStoredPDF(t *testing.T) {
	t.Parallel()
	pdf := "%PDF-1.4\n"
	name := "a.pdf"
	local := "PK\x03\x04\x14\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 8) + string(binary.LittleEndian.AppendUint32(nil, uint32(len(pdf)))) + string(binary.LittleEndian.AppendUint32(nil, uint32(len(pdf)))) + "\x05\x00\x00\x00" + name
	central := "PK\x01\x02\x14\x00\x14\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 8) + local[18:30] + strings.Repeat("\x00", 14) + name
	end := "PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(central)))) + string(binary.LittleEndian.AppendUint32(nil, uint32(len(local)+len(pdf)))) + "\x00\x00"
	if _, res := extracted(t, local+pdf+central+end, Limits{}); len(res.Open) != 1 || res.Open[0].Path != name {
		t.Errorf("%+v", res)
	}
}
