package filesapp

import (
	"bytes"
	"fmt"
	"strings"
)

// pdfFile writes a PDF 1.4 (ISO 32000-1) with the built-in font Helvetica and uncompressed page contents. The
// marker stands in the document information and in a comment of every page's content.
func pdfFile(canary string, pages []page) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	const first = 6 // objects 1 to 5 are fixed; each page then has two
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", first+2*i))
	}
	object("<< /Type /Catalog /Pages 2 0 R /Lang (en) >>")
	object(fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(pages), strings.Join(kids, " ")))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>")
	object(fmt.Sprintf("<< /Title (%s) /Keywords (%s) >>", pdfText(pages[0].Title), pdfText(canary)))
	for i, p := range pages {
		object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents %d 0 R >>", first+2*i+1))
		content := pdfContent(canary, p, i+1, len(pages))
		object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content))
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}

// pdfContent draws a page: points, origin at the lower left.
func pdfContent(canary string, p page, number, count int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%% %s\nBT /F2 22 Tf 64 762 Td (%s) Tj ET\n", canary, pdfText(p.Title))
	y := 722
	for _, line := range p.Lines {
		cells := strings.Split(line, "\t")
		for i, cell := range cells {
			x := 64 + i*467/max(len(cells), 1)
			if cell != "" {
				fmt.Fprintf(&b, "BT /F1 12 Tf %d %d Td (%s) Tj ET\n", x, y, pdfText(cell))
			}
		}
		y -= 20
	}
	fmt.Fprintf(&b, "BT /F1 9 Tf 64 48 Td (Page %d of %d) Tj ET", number, count)
	return b.String()
}

// pdfText escapes a literal string; the samples are plain ASCII.
func pdfText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(s)
}
