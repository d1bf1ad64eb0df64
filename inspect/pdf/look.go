package pdf

import (
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// looking is what a page shows that is no text.
type looking struct {
	left  int     // objects that may still be looked at
	image float64 // the largest picture's share of the page
	steps int     // of paths
}

// looked finds out whether a page with little text is a picture or a drawing.
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
		if err := d.object(object.PageObject, &l, size.Width*size.Height, 0); err != nil {
			return err
		}
	}
	switch {
	case l.image >= 0.5 || l.image > 0 && chars == 0:
		d.faults.pictures.add(i)
	case chars == 0 && l.steps >= manySteps, l.left <= 0:
		d.faults.drawn.add(i)
	}
	return nil
}

// object looks at one object of a page, and into groups.
func (d *document) object(object references.FPDF_PAGEOBJECT, l *looking, page float64, depth int) error {
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
			share = float64(at.Right-at.Left) * float64(at.Top-at.Bottom) / page
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
