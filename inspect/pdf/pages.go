package pdf

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"

	"github.com/referee-casb/referee/dlp/extract"
)

// Bounds of what is called a page that is read.
const (
	fewChars  = 100 // a page with less text whose half is a picture is a picture
	fewGlyphs = 8   // so many characters in a row that have no meaning may be a number of a card or a person
	manySteps = 500 // so many steps of paths on a page without text may be drawn text
	maxLooked = 2000
	maxBroken = 1000 // pages in a row that can't be loaded
)

// pageFaults are the pages that were not read, by what is wrong.
type pageFaults struct{ pictures, drawn, garbled, broken pageSet }

type pageSet struct {
	n     int
	first []string
}

func (s *pageSet) add(page int) {
	if s.n++; len(s.first) < 10 {
		s.first = append(s.first, strconv.Itoa(page+1))
	}
}

func (s *pageSet) String() string {
	list := strings.Join(s.first, ", ")
	if s.n > len(s.first) {
		list += ", …"
	}
	if s.n == 1 {
		return "page " + list
	}
	return "pages " + list
}

// pages reads the text of all pages.
func (d *document) pages(ctx context.Context) error {
	count, err := d.in.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.doc})
	if err != nil {
		return engine(err)
	}
	total := count.PageCount
	broken := 0
	for i := range min(total, d.conf.Pages) {
		if err := ctx.Err(); err != nil {
			return engine(err)
		}
		loaded, err := d.in.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.doc, Index: i})
		if trapped(err) {
			return engine(err)
		}
		if err != nil {
			d.faults.broken.add(i)
			if broken++; broken >= maxBroken {
				break
			}
			continue
		}
		broken = 0
		if err := d.page(i, loaded.Page); err != nil {
			return err
		}
	}
	if total > d.conf.Pages {
		if err := d.to.Note("", extract.Limited, fmt.Sprintf("%d pages, of which the first %d are read", total, d.conf.Pages)); err != nil {
			return err
		}
	}
	return d.told(total)
}

// told says which pages were not read.
func (d *document) told(total int) error {
	d.to.Images(d.images)
	if total == 0 {
		return extract.Problem(extract.Corrupt, "the PDF has no pages")
	}
	for _, f := range []struct {
		pages  *pageSet
		status extract.Status
		what   string
	}{
		{&d.faults.broken, extract.Corrupt, "damaged"},
		{&d.faults.pictures, extract.Unsupported, "pictures, which are not read"},
		{&d.faults.drawn, extract.Unsupported, "drawings without text"},
		{&d.faults.garbled, extract.Unsupported, "in fonts that don't say which characters they draw"},
	} {
		if f.pages.n == 0 {
			continue
		}
		if err := d.to.Note("", f.status, fmt.Sprintf("%d of %d pages are %s (%s)", f.pages.n, total, f.what, f.pages)); err != nil {
			return err
		}
	}
	return nil
}

// page reads one page, with what its annotations and fields show.
func (d *document) page(i int, page references.FPDF_PAGE) error {
	ref := requests.Page{ByReference: &page}
	annotations, err := d.in.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: ref})
	if trapped(err) {
		return engine(err)
	}
	if err == nil && annotations.Count > 0 {
		// Flattening makes appearances of annotations a part of the page's content, whose text is then one.
		if _, err := d.in.FPDFPage_Flatten(&requests.FPDFPage_Flatten{Page: ref}); trapped(err) {
			return engine(err)
		}
		if _, err := d.in.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: page}); err != nil {
			return engine(err)
		}
		again, err := d.in.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.doc, Index: i})
		if trapped(err) {
			return engine(err)
		}
		if err != nil {
			d.faults.broken.add(i)
			return nil
		}
		page = again.Page
		ref = requests.Page{ByReference: &page}
	}
	chars, err := d.pageText(i, ref)
	if err != nil {
		return err
	}
	if chars < fewChars || d.to.Reads() {
		if err := d.looked(i, ref, chars); err != nil {
			return err
		}
	}
	if _, err := d.in.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: page}); err != nil {
		return engine(err)
	}
	return nil
}

// pageText writes a page's text. The number is of characters that are not blank.
func (d *document) pageText(i int, ref requests.Page) (int, error) {
	loaded, err := d.in.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: ref})
	if trapped(err) {
		return 0, engine(err)
	}
	if err != nil {
		d.faults.broken.add(i)
		return 0, nil
	}
	text := loaded.TextPage
	count, err := d.in.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text})
	if trapped(err) {
		return 0, engine(err)
	}
	chars := 0
	if err == nil && count.Count > 0 {
		got, err := d.in.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: text, Count: count.Count})
		if trapped(err) {
			return 0, engine(err)
		}
		if err != nil {
			d.faults.broken.add(i)
		} else {
			for _, c := range got.Text {
				if !unicode.IsSpace(c) {
					chars++
				}
			}
			if err := d.to.Text(tidy(got.Text)); err != nil {
				return 0, err
			}
			if err := d.meaning(i, ref, text, count.Count); err != nil {
				return 0, err
			}
		}
	}
	if _, err := d.in.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text}); err != nil {
		return 0, engine(err)
	}
	return chars, nil
}

// meaning looks for glyphs that a font doesn't map to characters. Single ones are ligatures and bullets; many in a row,
// blanks aside, are text that only the eye reads. Every call costs, so two characters of four are asked about: a row that
// counts can't step over both with single blanks.
func (d *document) meaning(i int, ref requests.Page, text references.FPDF_TEXTPAGE, count int) error {
	for at := 0; at < count; at += 4 {
		for next := at; next < min(at+2, count); next++ {
			unknown, err := d.unknown(text, next)
			if err != nil {
				return err
			}
			if !unknown {
				continue
			}
			long, err := d.row(text, max(0, next-3*fewGlyphs), min(count, next+3*fewGlyphs))
			if err != nil {
				return err
			}
			if long {
				return d.garbled(i, ref)
			}
			at = next + fewGlyphs
			break
		}
	}
	return nil
}

func (d *document) unknown(text references.FPDF_TEXTPAGE, at int) (bool, error) {
	got, err := d.in.FPDFText_HasUnicodeMapError(&requests.FPDFText_HasUnicodeMapError{TextPage: text, Index: at})
	if trapped(err) {
		return false, engine(err)
	}
	return err == nil && got.HasUnicodeMapError, nil
}

// row reports whether there are many glyphs without meaning in a row.
func (d *document) row(text references.FPDF_TEXTPAGE, from, to int) (bool, error) {
	row := 0
	for at := from; at < to; at++ {
		unknown, err := d.unknown(text, at)
		if err != nil {
			return false, err
		}
		if unknown {
			if row++; row >= fewGlyphs {
				return true, nil
			}
			continue
		}
		if row == 0 {
			continue
		}
		c, err := d.in.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: at})
		if trapped(err) {
			return false, engine(err)
		}
		if err != nil || !unicode.IsSpace(rune(c.Unicode)) { //nolint:gosec // a character
			row = 0
		}
	}
	return false, nil
}

// garbled is a page whose text has no meaning. The eye reads it, and so may OCR.
func (d *document) garbled(i int, ref requests.Page) error {
	size, err := d.in.GetPageSize(&requests.GetPageSize{Page: ref})
	if trapped(err) {
		return engine(err)
	}
	status := extract.Unsupported
	if err == nil && size.Width*size.Height > 0 {
		if status, err = d.recognised(ref, size.Width, size.Height, nil); err != nil {
			return err
		}
	}
	if status != extract.Complete {
		d.faults.garbled.add(i)
	}
	return nil
}

// tidy makes line ends what they are elsewhere. U+FFFE is PDFium's mark of a hyphen at the end of a line, where it has
// put the word's halves together: it goes, but stays a hyphen between digits.
func tidy(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !strings.ContainsAny(text, "\ufffe\x00") {
		return text
	}
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	var b strings.Builder
	for at, c := range text {
		switch {
		case c == 0:
		case c != '\ufffe':
			b.WriteRune(c)
		case at > 0 && at+3 < len(text) && digit(text[at-1]) && digit(text[at+3]):
			b.WriteByte('-')
		}
	}
	return b.String()
}
