package filesapp

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// part is one member of a package.
type part struct{ name, body string }

// storedZip writes members without compression, so that a marker in them stays findable in the raw bytes.
func storedZip(parts []part) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Store, Modified: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)})
		if err == nil {
			_, err = w.Write([]byte(p.body))
		}
		if err != nil {
			panic(err) // a bytes.Buffer doesn't fail and the names are constants
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const (
	xmlHead  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	relsNS   = `http://schemas.openxmlformats.org/package/2006/relationships`
	officeNS = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	coreType = `application/vnd.openxmlformats-package.core-properties+xml`
	coreRel  = `http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties`
	mlType   = `application/vnd.openxmlformats-officedocument.`
)

// packageHead returns the parts that Word and Excel files share (ECMA-376, part 2): content types, root
// relationships and core properties with the marker as keyword.
func packageHead(canary, title, main, mainType string, more ...string) []part {
	types := fmt.Sprintf(`<Override PartName="/%s" ContentType="%s"/><Override PartName="/docProps/core.xml" ContentType="%s"/>`, main, mainType, coreType)
	return []part{
		{"[Content_Types].xml", xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` + types + strings.Join(more, "") + `</Types>`},
		{"_rels/.rels", xmlHead + fmt.Sprintf(`<Relationships xmlns="%s"><Relationship Id="rId1" Type="%s/officeDocument" Target="%s"/><Relationship Id="rId2" Type="%s" Target="docProps/core.xml"/></Relationships>`, relsNS, officeNS, main, coreRel)},
		{"docProps/core.xml", xmlHead + fmt.Sprintf(`<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>%s</dc:title><cp:keywords>%s</cp:keywords></cp:coreProperties>`, xmlText(title), xmlText(canary))},
	}
}

func docxFile(canary string, pages []page) []byte {
	var body strings.Builder
	for _, p := range pages {
		fmt.Fprintf(&body, `<w:p><w:r><w:rPr><w:b/><w:sz w:val="36"/></w:rPr><w:t>%s</w:t></w:r></w:p>`, xmlText(p.Title))
		for _, line := range p.Lines {
			fmt.Fprintf(&body, `<w:p><w:r><w:t xml:space="preserve">%s</w:t></w:r></w:p>`, xmlText(line))
		}
	}
	parts := packageHead(canary, pages[0].Title, "word/document.xml", mlType+"wordprocessingml.document.main+xml")
	return storedZip(append(parts, part{"word/document.xml", xmlHead + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body.String() + `</w:body></w:document>`}))
}

func xlsxFile(canary string, pages []page) []byte {
	var rows strings.Builder
	for r, line := range pages[0].Lines {
		fmt.Fprintf(&rows, `<row r="%d">`, r+1)
		for c, cell := range strings.Split(line, "\t") {
			fmt.Fprintf(&rows, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+c, r+1, xmlText(cell))
		}
		rows.WriteString(`</row>`)
	}
	const ns = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	sheetType := fmt.Sprintf(`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="%sspreadsheetml.worksheet+xml"/>`, mlType)
	parts := packageHead(canary, pages[0].Title, "xl/workbook.xml", mlType+"spreadsheetml.sheet.main+xml", sheetType)
	return storedZip(append(parts,
		part{"xl/workbook.xml", xmlHead + fmt.Sprintf(`<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="%s" sheetId="1" r:id="rId1"/></sheets></workbook>`, ns, officeNS, xmlText(pages[0].Title))},
		part{"xl/_rels/workbook.xml.rels", xmlHead + fmt.Sprintf(`<Relationships xmlns="%s"><Relationship Id="rId1" Type="%s/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`, relsNS, officeNS)},
		part{"xl/worksheets/sheet1.xml", xmlHead + fmt.Sprintf(`<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>`, ns, rows.String())},
	))
}

func zipFile(canary string, pages []page) []byte {
	return storedZip([]part{{"Board agenda.txt", string(textFile(canary, pages))}, {"Headcount.csv", string(csvFile(canary, []page{headcountPage}))}})
}

func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder doesn't fail
	return b.String()
}
