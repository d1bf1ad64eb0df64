package extract

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func extracted(t testing.TB, data string, lim Limits) (string, Result) {
	t.Helper()
	var out bytes.Buffer
	res, err := Extract(t.Context(), io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), &out, lim)
	if err != nil {
		t.Fatal(err)
	}
	if int64(out.Len()) != res.Text {
		t.Errorf("%d bytes of text, the result says %d", out.Len(), res.Text)
	}
	return out.String(), res
}

func encodedAs(t testing.TB, e interface{ String(string) (string, error) }, s string) string {
	t.Helper()
	out, err := e.String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestText: each case has texts that must be found, in this order, whatever the file hides them in.
func TestText(t *testing.T) {
	t.Parallel()
	wide := func(order unicode.Endianness, mark unicode.BOMPolicy, s string) string {
		return encodedAs(t, unicode.UTF16(order, mark).NewEncoder(), s)
	}
	mail := strings.ReplaceAll(`Received: from a by b
From: =?utf-8?q?Zo=C3=AB?= <zoe@contoso.example>
To: board@contoso.example
Subject: =?iso-8859-1?q?R=E9sum=E9?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=xx

--xx
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

caf=E9 4111 1111 1111=
 1111
--xx
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="plan.docx"
Content-Transfer-Encoding: base64

`+base64.StdEncoding.EncodeToString([]byte(wordOf(t, `<w:p><w:r><w:t>attached plan</w:t></w:r></w:p>`)))+`
--xx
Content-Type: message/rfc822

From: a@b.example
To: c@d.example
Subject: inner

the forwarded message
--xx--
`, "\n", "\r\n")
	for _, c := range []struct {
		name string
		data string
		kind Kind
		want []string
	}{
		{"empty", "", Empty, nil},
		{"script without end", "<html><p>seen</p><script>" + strings.Repeat("var x;", maxToken/5) + "</script><p>behind it", HTML, []string{"seen", "var x;", "behind it"}},
		{"picture in a document", wordOf(t, "<w:p><w:t>seen</w:t></w:p>", "word/media/a.png", "\x89PNG\r\n\x1a\n"), Word, []string{"seen"}},
		{"UTF-8", "grüße 漢字", Text, []string{"grüße 漢字"}},
		{"UTF-8 with a mark", "\xef\xbb\xbfgrüße", Text, []string{"grüße"}},
		{"UTF-16 with a mark", wide(unicode.LittleEndian, unicode.UseBOM, "grüße\n漢字"), Text, []string{"grüße\n漢字"}},
		{"UTF-16 without", wide(unicode.BigEndian, unicode.IgnoreBOM, "card 4111 1111 1111 1111"), Text, []string{"card 4111 1111 1111 1111"}},
		{"Windows-1252", encodedAs(t, charmap.Windows1252.NewEncoder(), "grüße für €5"), Text, []string{"grüße für €5"}},
		{"mixed", "grüße " + encodedAs(t, charmap.Windows1252.NewEncoder(), "für") + strings.Repeat(" und", 9000) + " é", Text, []string{"grüße für und", "é"}},
		{"JSON", `{"name":"Zo\u00eb \ud83d\ude00","path":"a\/b\\c","line":"x\ny","cut":"\u12`, JSON, []string{`"name":"Zoë 😀"`, `a/b\c`, "x\ny"}},
		{"XML", `<?xml version="1.0" encoding="iso-8859-1"?><a note="n&#233;e"><b>caf` + "\xe9" + `</b><c><![CDATA[<raw> 1&2]]></c><!-- said --></a>`, XML, []string{"née", "café", "<raw> 1&2", "said"}},
		{"HTML", `<!DOCTYPE html><meta charset="windows-1252"><title>T</title><p>caf` + "\xe9" + ` <b>bo</b>ld<p title="tip" data-iban="DE89">x<script>var s="in script"</script><img alt="alt text"><a href="mailto:a@b.example">y</a>`, HTML, []string{"café bold\n", "tip", "DE89", "in script", "alt text", "mailto:a@b.example"}},
		{"RTF", `{\rtf1\ansi\ansicpg1251{\fonttbl{\f0 Secretfont;}}\'cf\'f0\'e8 \u1078?\b bold\b0\par{\*\comment 4111}\tab cell\cell {\pict 0102}{\upr{a}{\*\ud{\u233?}}}}`, RTF, []string{"При жbold\n4111\tcell\t", "é"}},
		{"mail", mail, Mail, []string{"Résumé", "café 4111 1111 1111 1111", "attached plan", "inner", "the forwarded message"}},
		{"mbox", "From a@b Mon\n" + strings.ReplaceAll(mail, "\r", "") + "\nFrom c@d Tue\nFrom: x@y.example\nTo: z@y.example\nSubject: second\n\nsecond body\n", Mailbox, []string{"attached plan", "the forwarded message", "second body"}},
		{"calendar", "BEGIN:VCALENDAR\r\nDESCRIPTION:call 4111 1111\r\n  1111 1111\\, or\\nwrite\r\n", Calendar, []string{"call 4111 1111 1111 1111, or\nwrite"}},
		{
			"docx", wordOf(t, `<w:p><w:r><w:t>Card 41</w:t></w:r><w:proofErr/><w:r><w:t xml:space="preserve">11 1111</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:t>IBAN</w:t></w:p></w:tc></w:tr></w:tbl><w:del><w:delText>deleted</w:delText></w:del><w:instrText>HYPERLINK "http://field"</w:instrText>`,
				"word/comments.xml", `<w:comments xmlns:w="x"><w:comment w:author="Ann"><w:p><w:t>a comment</w:t></w:p></w:comment></w:comments>`,
				"word/_rels/document.xml.rels", `<Relationships><Relationship Target="https://link.example/?id=7" TargetMode="External"/><Relationship Target="theme/theme1.xml"/></Relationships>`,
				"docProps/custom.xml", `<Properties><property name="MSIP_Label_x_Name"><vt:lpwstr>Secret</vt:lpwstr></property></Properties>`,
				"word/embeddings/book.xlsx", bookOf(t, `<si><t>embedded</t></si>`, `<row><c t="s"><v>0</v></c></row>`)), Word,
			[]string{"Card 4111 1111\n", "IBAN", "deleted", `"http://field"`, "Ann", "a comment", "https://link.example/?id=7", "MSIP_Label_x_Name\nSecret", "embedded"},
		},
		{
			"xlsx", bookOf(t, `<si><t>Card</t></si><si><r><t>Num</t></r><r><t>ber</t></r><rPh><t>kana</t></rPh></si>`,
				`<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c><v>4.111111111111111E15</v></c><c t="inlineStr"><is><t>inline</t></is></c><c t="str"><f>CONCAT("a",B1)</f><v>done</v></c></row>`,
				"xl/comments1.xml", `<comments><comment><text><r><t>cell note</t></r></text></comment></comments>`), Sheet,
			[]string{"Card\tNumber\t\n4111111111111111\tinline\t", `CONCAT("a",B1)`, "done", "Payroll", "cell note"},
		},
		{
			"pptx", zipOf(t, "[Content_Types].xml", "<Types/>", "ppt/slides/slide1.xml", `<p:sld><p:cNvPr descr="picture of a card"/><a:p><a:r><a:t>on the </a:t></a:r><a:r><a:t>slide</a:t></a:r></a:p></p:sld>`, "ppt/notesSlides/notesSlide1.xml", `<p:notes><a:p><a:t>in the notes</a:t></a:p></p:notes>`), Slides,
			[]string{"picture of a card", "on the slide\n", "in the notes"},
		},
		{
			"ods", zipOf(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", `<office:document><table:table-row><table:table-cell><text:p>Card</text:p></table:table-cell><table:table-cell><text:p>4111<text:s/>1111</text:p></table:table-cell></table:table-row><office:annotation><text:p>note</text:p></office:annotation></office:document>`, "meta.xml", `<dc:title>the title</dc:title>`), OpenDocument,
			[]string{"Card\t4111\t1111\t\n", "note\n", "the title"},
		},
		{"archives in archives", zipOf(t, "a.tar.gz", gzipOf(t, tarOf(t, "b.zst", zstdOf(t, "deep inside"), "c.txt", "beside")), "secret-name.txt", "x"), Zip, []string{"deep inside", "c.txt", "beside", "secret-name.txt"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, res := extracted(t, c.data, Limits{})
			if res.Kind != c.kind || res.Status != Complete {
				t.Errorf("%s, %s %v, want %s complete", res.Kind, res.Status, res.Open, c.kind)
			}
			rest := text
			for _, w := range c.want {
				_, after, ok := strings.Cut(rest, w)
				if !ok {
					t.Fatalf("%q is not found (in this order) in:\n%q", w, text)
				}
				rest = after
			}
		})
	}
}

func TestOrderWithinSilence(t *testing.T) {
	t.Parallel()
	text, _ := extracted(t, `{\rtf1{\fonttbl{\f0 Secretfont;}}{\pict 89504e47}seen}`, Limits{})
	if strings.TrimSpace(text) != "seen" {
		t.Errorf("%q: fonts and pictures are no text", text)
	}
}

// TestNeverClean: what can't be read is said, and what can be read around it is.
func TestNeverClean(t *testing.T) {
	t.Parallel()
	whole := wordOf(t, `<w:p><w:t>seen</w:t></w:p>`)
	for _, c := range []struct {
		name   string
		data   string
		status Status
		path   string
		seen   string
	}{
		{"encrypted zip", zipOf(t, "in.zip", lockedZip(t), "b.txt", "beside"), Encrypted, "in.zip!/plan.txt", "beside"},
		{"damaged compound file", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more", Corrupt, "", ""},
		{"encrypted PDF", "%PDF-1.7\n" + strings.Repeat("x", 9000) + "trailer << /Encrypt 5 0 R >>", Encrypted, "", ""},
		{"PDF", "%PDF-1.7\n", Unsupported, "", ""},
		{"encrypted OpenDocument", zipOf(t, "mimetype", "x", "content.xml", "", "META-INF/manifest.xml", `<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>`), Encrypted, "META-INF/manifest.xml", ""},
		{"encrypted mail", "From: a@b\nTo: c@d\nSubject: s\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMII", Encrypted, "", "Subject: s"},
		{"zip cut in two", whole[:len(whole)/2], Corrupt, "", ""},
		{"member cut in two", zipOf(t, "a.gz", gzipOf(t, strings.Repeat("text ", 5000))[:60], "b.txt", "beside"), Corrupt, "a.gz!/content", "beside"},
		{"macros", wordOf(t, `<w:p><w:t>seen</w:t></w:p>`, "word/vbaProject.bin", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 macros"), Corrupt, "word/vbaProject.bin", "seen"},
		{"binary", "\x00\x01\x02\x03\x9f\x00\x00\x07", Unsupported, "", ""},
		{"program", "\x7fELF\x02\x01", Unsupported, "", ""},
		{"picture in an archive", zipOf(t, "a.csv", "GIF89a,4111", "b.txt", "beside"), Unsupported, "a.csv", "beside"},
		{"picture", "\x89PNG\r\n\x1a\n", Unsupported, "", ""},
		{"rar", "Rar!\x1a\x07\x01\x00", Corrupt, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, res := extracted(t, c.data, Limits{})
			if res.Status != c.status || len(res.Open) != 1 || res.Open[0].Path != c.path || res.Open[0].Status != c.status || res.Open[0].Reason == "" {
				t.Errorf("%s %+v, want %s at %q", res.Status, res.Open, c.status, c.path)
			}
			if !strings.Contains(text, c.seen) {
				t.Errorf("%q is not in %q", c.seen, text)
			}
		})
	}
}

// TestBombs: what unpacks without end costs its own verdict.
func TestBombs(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("0", 1<<20)
	nested := "the core"
	for range 12 {
		nested = gzipOf(t, nested)
	}
	many := make([]string, 0, 200)
	for range 100 {
		many = append(many, "a", "b")
	}
	for _, c := range []struct {
		name string
		data string
		lim  Limits
	}{
		{"ratio", gzipOf(t, strings.Repeat(zeros, 3)), Limits{Inflated: 1 << 20}},
		{"ratio over parts", zipOf(t, "a", zeros, "b", zeros, "c", zeros), Limits{Inflated: 2 << 20}},
		{"depth", nested, Limits{}},
		{"parts of a zip", zipOf(t, many...), Limits{Parts: 50}},
		{"parts of a tar", tarOf(t, many...), Limits{Parts: 50}},
		{"memory", gzipOf(t, zipOf(t, "a", zeros)), Limits{Member: 100}},
		{"tag in a sheet", bookOf(t, "", "<c "+strings.Repeat("x", maxToken+9)+">"), Limits{}},
		{"groups", `{\rtf1` + strings.Repeat("{", maxGroups+1), Limits{}},
		{"headers", "From: a\nTo: b\nSubject: c\n" + strings.Repeat("X-A: "+strings.Repeat("y", 1000)+"\n", 1100), Limits{}},
		{"one text in many cells", bookOf(t, "<si><t>"+zeros+"</t></si>", "<row>"+strings.Repeat(`<c t="s"><v>0</v></c>`, 50)+"</row>"), Limits{Text: 8 << 20}},
		{"a value in pieces", bookOf(t, "", "<row><c><v>"+strings.Repeat(zeros+"<x/>", maxToken>>20+1)+"</v></c></row>"), Limits{}},
		{"texts of a workbook", bookOf(t, strings.Repeat("<si/>", maxShared/16+1), ""), Limits{Inflated: 4 << 30}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, res := extracted(t, c.data, c.lim); res.Status != Limited || len(res.Open) == 0 {
				t.Errorf("%s %v, want limited", res.Status, res.Open)
			}
		})
	}
}

// full refuses to take text.
type full struct{}

var errFull = errors.New("enough")

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestErrors: what is not the file's fault is no verdict.
func TestErrors(t *testing.T) {
	t.Parallel()
	data := zipOf(t, "a.gz", gzipOf(t, "text"))
	src := func() *io.SectionReader {
		return io.NewSectionReader(strings.NewReader(data), 0, int64(len(data)))
	}
	if _, err := Extract(t.Context(), src(), full{}, Limits{}); !errors.Is(err, errFull) {
		t.Errorf("a writer that refuses: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Extract(ctx, src(), io.Discard, Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
	broken := io.NewSectionReader(brokenDisk{}, 0, 1<<20)
	if _, err := Extract(t.Context(), broken, io.Discard, Limits{}); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("a disk that fails: %v", err)
	}
}

type brokenDisk struct{}

func (brokenDisk) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > sniffed {
		return 0, iotest.ErrTimeout
	}
	clear(p)
	copy(p, "PK\x03\x04")
	return len(p), nil
}

// TestOffice97 reads real documents of before 2007 (docs/third-party.md).
func TestOffice97(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file   string
		status Status
		want   []string
	}{
		{"harmless.doc", Complete, []string{"This is a harmless test document.\n", "ünicöde-ßtringß", "Microsoft Office Word"}},
		{"book.xls", Complete, []string{"Sheet1", "Alpha\tBeta\tGamma\tDelta\t\n89\t82\t100\t12\t\n", "6ff4173b-42a5-4784-9b19-f49caff4d93d", "Adam Fourney"}},
		{"slides.ppt", Complete, []string{"Lorem ipsum"}},
		{"message.msg", Complete, []string{"M. C. Kurtuluş <muratcan.kurtulus@gmail.com>", "test.recipient@example.com", "This is the body of the test email message\r\n"}},
		{"encrypted.doc", Encrypted, nil},
		{"encrypted.xls", Encrypted, nil},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("testdata", c.file))
			if err != nil {
				t.Fatal(err)
			}
			text, res := extracted(t, string(data), Limits{})
			if res.Kind != Office97 || res.Status != c.status {
				t.Errorf("%s, %s %v", res.Kind, res.Status, res.Open)
			}
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("%q is not in %q", w, text)
				}
			}
			for _, cut := range []int{100, 600, len(data) / 2, len(data) - 700} {
				extracted(t, string(data[:cut]), Limits{}) // whatever it says, it comes back
			}
		})
	}
}

// TestUnknownCompoundFile: of a kind that is not read, its properties alone don't make it clean.
func TestUnknownCompoundFile(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "harmless.doc"))
	if err != nil {
		t.Fatal(err)
	}
	wide := func(s string) []byte {
		return []byte(encodedAs(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(), s))
	}
	other := bytes.ReplaceAll(data, wide("WordDocument"), wide("OtherPicture"))
	if text, res := extracted(t, string(other), Limits{}); res.Status != Unsupported || !strings.Contains(text, "Microsoft Office Word") {
		t.Errorf("%s %v, %q", res.Status, res.Open, text)
	}
}

// TestLongRuns of bytes above ASCII don't gather in memory.
func TestLongRuns(t *testing.T) {
	t.Parallel()
	if text, res := extracted(t, `{\rtf1 `+strings.Repeat("\xe9", 1<<20)+"}", Limits{}); res.Status != Complete || strings.Count(text, "é") != 1<<20 {
		t.Errorf("%s, %d characters", res.Status, strings.Count(text, "é"))
	}
}

// TestPackedTexts unpacks a body in RTF as [MS-OXRTFCP] 4.1.1 has it, and chunks of macros as [MS-OVBA] 3.2 has them.
func TestPackedTexts(t *testing.T) {
	t.Parallel()
	rtf := []byte{
		0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c,
		0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
	}
	if got, err := expandRTF(rtf, 1000); err != nil || string(got) != "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n" {
		t.Errorf("%q, %v", got, err)
	}
	for want, chunks := range map[string][]byte{
		"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa": {
			0x2f, 0xb0, 0x00, 0x23, 0x61, 0x61, 0x61, 0x62, 0x63, 0x64, 0x65, 0x82, 0x66, 0x00, 0x70, 0x61, 0x67, 0x68, 0x69, 0x6a, 0x01, 0x38, 0x08, 0x61, 0x6b, 0x6c, 0x00, 0x30, 0x6d, 0x6e, 0x6f, 0x70,
			0x06, 0x71, 0x02, 0x70, 0x04, 0x10, 0x72, 0x73, 0x74, 0x75, 0x76, 0x10, 0x77, 0x78, 0x79, 0x7a, 0x00, 0x3c,
		},
		strings.Repeat("a", 73): {0x03, 0xb0, 0x02, 0x61, 0x45, 0x00},
	} {
		if got, err := expandVBA(chunks, 1000); err != nil || string(got) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

func FuzzExtract(f *testing.F) {
	for _, seed := range []string{
		"text", "{\"a\":\"\\u00e9\"}", "<a b='c'>d</a>", `{\rtf1\'e9\u233?}`, "From: a\nTo: b\nSubject: c\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhi\n--x--", "BEGIN:VCARD\nN:x\\n",
		"From a\nFrom: a\nTo: b\nSubject: c\n\nx", zipOf(f, "a", "b"), gzipOf(f, "x"), tarOf(f, "a", "b"), zstdOf(f, "x"), wordOf(f, "<w:p><w:t>x</w:t></w:p>"), bookOf(f, "<si><t>x</t></si>", `<row><c t="s"><v>0</v></c></row>`), "\xff\xfea\x00",
		zipOf(f, "mimetype", "x", "content.xml", "<text:p>x</text:p>"),
		xzOf(f, "x", 1<<16), lzmaOf(f, "x"), lz4Of(f, "x"), rarOf("a", "b", 0), rarOf("a", "b", 1), made(f, "a.7z", []string{"7z", "a", "a.7z", "one"}, "one", "x"),
		made(f, "a.7z", []string{"7z", "a", "-mhc=off", "-mx=0", "a.7z", "one", "two"}, "one", "x", "two", "y"),
	} {
		f.Add([]byte(seed))
	}
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // listed above
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		res, err := Extract(t.Context(), io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))), &out, Limits{Inflated: 4 << 20, Member: 1 << 20, Parts: 200})
		if err != nil {
			t.Fatalf("nothing but the file is wrong: %v", err)
		}
		if res.Status == Complete && len(res.Open) > 0 || res.Status != Complete && len(res.Open) == 0 {
			t.Fatalf("%s with %v", res.Status, res.Open)
		}
		if out.Len() > 64<<20 {
			t.Fatalf("%d bytes of text from %d", out.Len(), len(data))
		}
	})
}
