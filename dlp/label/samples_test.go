package label

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

const (
	wordSpace  = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	sheetSpace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	slideSpace = "http://schemas.openxmlformats.org/presentationml/2006/main"
	drawSpace  = "http://schemas.openxmlformats.org/drawingml/2006/main"
	relSpace   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

func rootRels(main string) string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="` + nsRelations + `"><Relationship Id="rId1" Type="` + relOffice + `officeDocument" Target="` + main + `"/></Relationships>`
}

func rels(items ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><Relationships xmlns="` + nsRelations + `">`)
	for i := 0; i < len(items); i += 3 {
		b.WriteString(`<Relationship Id="` + items[i] + `" Type="` + relOffice + items[i+1] + `" Target="` + items[i+2] + `"/>`)
	}
	return b.String() + `</Relationships>`
}

func typesOf(overrides ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><Types xmlns="` + nsTypes + `"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>`)
	for i := 0; i < len(overrides); i += 2 {
		b.WriteString(`<Override PartName="/` + overrides[i] + `" ContentType="application/vnd.openxmlformats-officedocument.` + overrides[i+1] + `+xml"/>`)
	}
	return b.String() + `</Types>`
}

// office packs parts; a later one of a name takes the place of an earlier one. Every second is stored.
func office(t testing.TB, parts ...string) string {
	t.Helper()
	var names []string
	text := map[string]string{}
	for i := 0; i < len(parts); i += 2 {
		if !slices.Contains(names, parts[i]) {
			names = append(names, parts[i])
		}
		text[parts[i]] = parts[i+1]
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, name := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: []uint16{zip.Deflate, zip.Store}[i%2]})
		if err == nil {
			_, err = io.WriteString(w, text[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wordFile is a document of Word; body goes before the end of its body.
func wordFile(t testing.TB, body string, more ...string) string {
	return office(t, append([]string{
		contentTypes, typesOf("word/document.xml", "wordprocessingml.document.main"),
		"_rels/.rels", rootRels("word/document.xml"),
		"word/document.xml", `<?xml version="1.0"?><w:document xmlns:w="` + wordSpace + `" xmlns:r="` + relSpace + `"><w:body><w:p><w:r><w:t>First page text</w:t></w:r></w:p>` + body + `</w:body></w:document>`,
	}, more...)...)
}

// sectionsFile is a document of Word of two sections: the first has its own header and a title page, the second its own
// footer for even pages.
func sectionsFile(t testing.TB) string {
	part := func(root, text string) string {
		return `<?xml version="1.0"?><x:` + root + ` xmlns:x="` + wordSpace + `"><x:p><x:r><x:t>` + text + `</x:t></x:r></x:p></x:` + root + `>`
	}
	body := `<w:p><w:pPr><w:sectPr><w:headerReference w:type="default" r:id="h1"/><w:titlePg/></w:sectPr></w:pPr></w:p>` +
		`<w:p><w:r><w:t>Second section</w:t></w:r></w:p><w:p><w:r><w:br w:type="page"/><w:t>Third page</w:t></w:r></w:p>` +
		`<w:sectPr><w:footerReference w:type="even" r:id="f1"/><w:titlePg/></w:sectPr>`
	return wordFile(
		t, body,
		contentTypes, typesOf("word/document.xml", "wordprocessingml.document.main", "word/header1.xml", "wordprocessingml.header", "word/footer1.xml", "wordprocessingml.footer", "word/settings.xml", "wordprocessingml.settings"),
		"word/_rels/document.xml.rels", rels("h1", "header", "header1.xml", "f1", "footer", "footer1.xml", "s", "settings", "settings.xml"),
		"word/settings.xml", `<w:settings xmlns:w="`+wordSpace+`"><w:evenAndOddHeaders/></w:settings>`,
		"word/header1.xml", part("hdr", "Own header"), "word/footer1.xml", part("ftr", "Own footer"),
	)
}

// sheetFile is a workbook; tail goes behind the rows of its sheet.
func sheetFile(t testing.TB, tail string) string {
	return office(
		t,
		contentTypes, typesOf("xl/workbook.xml", "spreadsheetml.sheet.main", "xl/worksheets/sheet1.xml", "spreadsheetml.worksheet"),
		"_rels/.rels", rootRels("xl/workbook.xml"),
		"xl/workbook.xml", `<workbook xmlns="`+sheetSpace+`" xmlns:r="`+relSpace+`"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", rels("r1", "worksheet", "/xl/worksheets/sheet1.xml"),
		"xl/worksheets/sheet1.xml", `<worksheet xmlns="`+sheetSpace+`"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Cell text</t></is></c></row></sheetData>`+tail+`</worksheet>`,
	)
}

// slidesFile is a presentation of one slide with its layout and master.
func slidesFile(t testing.TB) string {
	const tree = `<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>`
	open := func(name string) string {
		return `<p:` + name + ` xmlns:p="` + slideSpace + `" xmlns:a="` + drawSpace + `" xmlns:r="` + relSpace + `">`
	}
	return office(
		t,
		contentTypes, typesOf("ppt/presentation.xml", "presentationml.presentation.main", "ppt/slides/slide1.xml", "presentationml.slide", "ppt/slideLayouts/slideLayout1.xml", "presentationml.slideLayout",
			"ppt/slideMasters/slideMaster1.xml", "presentationml.slideMaster", "ppt/theme/theme1.xml", "theme"),
		"_rels/.rels", rootRels("ppt/presentation.xml"),
		"ppt/presentation.xml", open("presentation")+`<p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="m"/></p:sldMasterIdLst><p:sldIdLst><p:sldId id="256" r:id="s"/></p:sldIdLst><p:sldSz cx="12192000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>`,
		"ppt/_rels/presentation.xml.rels", rels("m", "slideMaster", "slideMasters/slideMaster1.xml", "s", "slide", "slides/slide1.xml", "t", "theme", "theme/theme1.xml"),
		"ppt/slides/slide1.xml", open("sld")+tree+`<p:sp><p:nvSpPr><p:cNvPr id="2" name="Title"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="1000000" y="1000000"/><a:ext cx="6000000" cy="1000000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>`+
			`<p:txBody><a:bodyPr/><a:p><a:r><a:t>Slide text</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>`,
		"ppt/slides/_rels/slide1.xml.rels", rels("l", "slideLayout", "../slideLayouts/slideLayout1.xml"),
		"ppt/slideLayouts/slideLayout1.xml", open("sldLayout")+tree+`</p:spTree></p:cSld></p:sldLayout>`,
		"ppt/slideLayouts/_rels/slideLayout1.xml.rels", rels("m", "slideMaster", "../slideMasters/slideMaster1.xml"),
		"ppt/slideMasters/slideMaster1.xml", open("sldMaster")+tree+`</p:spTree></p:cSld><p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" accent3="accent3" accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/><p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="l"/></p:sldLayoutIdLst></p:sldMaster>`,
		"ppt/slideMasters/_rels/slideMaster1.xml.rels", rels("l", "slideLayout", "../slideLayouts/slideLayout1.xml", "t", "theme", "../theme/theme1.xml"),
		"ppt/theme/theme1.xml", themePart(),
	)
}

// themePart is the least theme that programs take.
func themePart() string {
	var b strings.Builder
	b.WriteString(`<a:theme xmlns:a="` + drawSpace + `" name="T"><a:themeElements><a:clrScheme name="C">`)
	for i, name := range []string{"dk1", "lt1", "dk2", "lt2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink"} {
		b.WriteString(`<a:` + name + `><a:srgbClr val="` + []string{"000000", "FFFFFF"}[i%2] + `"/></a:` + name + `>`)
	}
	font := `<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/>`
	fill := strings.Repeat(`<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>`, 3)
	b.WriteString(`</a:clrScheme><a:fontScheme name="F"><a:majorFont>` + font + `</a:majorFont><a:minorFont>` + font + `</a:minorFont></a:fontScheme><a:fmtScheme name="M"><a:fillStyleLst>` + fill + `</a:fillStyleLst><a:lnStyleLst>` +
		strings.Repeat(`<a:ln><a:solidFill><a:schemeClr val="phClr"/></a:solidFill></a:ln>`, 3) + `</a:lnStyleLst><a:effectStyleLst>` + strings.Repeat(`<a:effectStyle><a:effectLst/></a:effectStyle>`, 3) + `</a:effectStyleLst><a:bgFillStyleLst>` + fill + `</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>`)
	return b.String()
}

// samples are documents of each kind that hold labels as parts.
func samples(t testing.TB) map[string]string {
	return map[string]string{
		"docx": wordFile(t, ""), "docx of sections": sectionsFile(t),
		"xlsx": sheetFile(t, `<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>`),
		"pptx": slidesFile(t),
	}
}
