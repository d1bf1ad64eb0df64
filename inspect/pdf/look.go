package pdf

import (
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"

	"github.com/referee-casb/referee/dlp/extract"
)

// looking is what a page shows that is no text.
type looking struct {
	left  int     // objects that may still be looked at
	image float64 // the largest picture's share of the page
	steps int     // of paths

	pictures []requests.RenderPageCrop // beside the text
}

// notable is the share of a page from which on a picture beside text is read by OCR: a line of text is more.
const notable = 0.005

// looked finds out whether a page with little text is a picture or a drawing, and reads it by OCR if that is there. Then
// pictures beside text are read as well.
func (d *document) looked(i int, ref requests.Page, chars int) error {
	size, err := d.in.GetPageSize(&requests.GetPageSize{Page: ref})
	if trapped(err) {
		return engine(err)
	}
	if err != nil || size.Width*size.Height <= 0 {
		d.faults.broken.add(i)
		return nil
	}
	count, err := d.in.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: ref})
	if trapped(err) {
		return engine(err)
	}
	if err != nil {
		d.faults.broken.add(i)
		return nil
	}
	l := looking{left: maxLooked}
	for at := 0; at < count.Count && l.left > 0; at++ {
		object, err := d.in.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: ref, Index: at})
		if trapped(err) {
			return engine(err)
		}
		if err != nil {
			continue
		}
		if err := d.object(object.PageObject, &l, sheet{size.Width, size.Height}, 0); err != nil {
			return err
		}
	}
	var fault *pageSet
	switch {
	case chars >= fewChars && !d.to.Reads():
		return nil
	case chars < fewChars && (l.image >= 0.5 || l.image > 0 && chars == 0):
		fault = &d.faults.pictures
	case chars < fewChars && (chars == 0 && l.steps >= manySteps || l.left <= 0):
		fault = &d.faults.drawn
	}
	if fault != nil {
		status, err := d.recognised(ref, size.Width, size.Height, nil)
		if err == nil && status != extract.Complete {
			fault.add(i)
		}
		return err
	}
	for _, p := range l.pictures {
		status, err := d.recognised(ref, p.Width, p.Height, &p)
		if err != nil {
			return err
		}
		if status != extract.Complete && d.to.Reads() {
			d.faults.pictures.add(i)
			return nil
		}
	}
	return nil
}

// sheet is a page's measure in points.
type sheet struct{ width, height float64 }

func (s sheet) area() float64 { return s.width * s.height }

// crop is where a picture is on the page as it is drawn, from its top left; the whole page when that isn't known.
func (s sheet) crop(at *responses.FPDFPageObj_GetBounds, known bool) requests.RenderPageCrop {
	whole := requests.RenderPageCrop{Width: s.width, Height: s.height}
	if !known {
		return whole
	}
	c := requests.RenderPageCrop{X: max(0, float64(at.Left)), Y: max(0, s.height-float64(at.Top))}
	c.Width, c.Height = min(float64(at.Right), s.width)-c.X, min(s.height-float64(at.Bottom), s.height)-c.Y
	if c.Width < 1 || c.Height < 1 { // a page that is turned, or whose measure begins elsewhere
		return whole
	}
	return c
}

// object looks at one object of a page, and into groups.
func (d *document) object(object references.FPDF_PAGEOBJECT, l *looking, page sheet, depth int) error {
	l.left--
	kind, err := d.in.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object})
	if trapped(err) {
		return engine(err)
	}
	if err != nil {
		return nil //nolint:nilerr // no object that could be drawn
	}
	switch kind.Type {
	case enums.FPDF_PAGEOBJ_IMAGE:
		at, err := d.in.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: object})
		if trapped(err) {
			return engine(err)
		}
		share := 1.0 // of a picture in a group, whose own measure is not the page's, or of one that has none
		if err == nil && depth == 0 {
			share = float64(at.Right-at.Left) * float64(at.Top-at.Bottom) / page.area()
		}
		if share >= notable && d.to.Reads() {
			l.pictures = append(l.pictures, page.crop(at, err == nil && depth == 0))
		}
		l.image = max(l.image, share)
	case enums.FPDF_PAGEOBJ_PATH:
		steps, err := d.in.FPDFPath_CountSegments(&requests.FPDFPath_CountSegments{PageObject: object})
		if trapped(err) {
			return engine(err)
		}
		if err == nil {
			l.steps += steps.Count
		}
	case enums.FPDF_PAGEOBJ_FORM:
		count, err := d.in.FPDFFormObj_CountObjects(&requests.FPDFFormObj_CountObjects{PageObject: object})
		if trapped(err) {
			return engine(err)
		}
		if err != nil || depth > 20 {
			return nil //nolint:nilerr // an empty group
		}
		for at := 0; at < count.Count && l.left > 0; at++ {
			inner, err := d.in.FPDFFormObj_GetObject(&requests.FPDFFormObj_GetObject{PageObject: object, Index: uint64(at)}) //nolint:gosec // not negative
			if trapped(err) {
				return engine(err)
			}
			if err != nil {
				continue
			}
			if err := d.object(inner.PageObject, l, page, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
