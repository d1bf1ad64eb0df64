package pdf

import (
	"image"
	"image/draw"
	"math"

	"github.com/klippa-app/go-pdfium/requests"

	"github.com/referee-casb/referee/dlp/extract"
)

// Dots an inch of pages that are read by OCR: as many as Tesseract wants, fewer when the page is large.
const (
	dots    = 300
	fewDots = 36
)

// render draws a page, or a part of it in points from its top left, in gray.
func (d *document) render(ref requests.Page, width, height float64, crop *requests.RenderPageCrop) (*image.Gray, error) {
	perInch := dots
	if most := 72 * math.Sqrt(extract.MaxPixels/(width*height)); most < dots {
		perInch = int(most)
	}
	if perInch < fewDots {
		return nil, nil
	}
	drawn, err := d.in.RenderPageInDPI(&requests.RenderPageInDPI{Page: ref, DPI: perInch, Crop: crop, ImageFormat: requests.RenderImageFormatGrayscale})
	if trapped(err) {
		return nil, engine(err)
	}
	if err != nil {
		return nil, nil //nolint:nilerr // it can't be drawn
	}
	defer drawn.Cleanup()
	img := drawn.Result.RenderedImage
	if img == nil || img.Bounds().Dx()*img.Bounds().Dy() > extract.MaxPixels {
		return nil, nil
	}
	own := image.NewGray(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy())) // the other's pixels are the sandbox's
	draw.Draw(own, own.Bounds(), img, img.Bounds().Min, draw.Src)
	return own, nil
}

// recognised reads a page, or a part of it, by OCR. The status is not Complete when it could not be.
func (d *document) recognised(ref requests.Page, width, height float64, crop *requests.RenderPageCrop) (extract.Status, error) {
	if !d.to.Reads() {
		return extract.Unsupported, nil
	}
	img, err := d.render(ref, width, height, crop)
	if err != nil {
		return "", err
	}
	if img == nil {
		return extract.Limited, nil
	}
	status, _, err := d.to.Picture(img)
	return status, err
}
