package filesapp

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif"  // decoders of what people upload
	_ "image/jpeg" // the same
	"image/png"
	"strconv"
	"strings"
	"sync"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/referee-casb/referee/fault"
)

// Renditions are pictures of pages, made here from a document: what a reader needs and nothing that could be
// taken home as the document. A4 at 96 dots an inch.
const (
	pageWidth   = 794
	pageHeight  = 1123
	pageMargin  = 72
	lineHeight  = 24
	linesAPage  = 38
	columnsLine = 84 // characters, when a text is wrapped
)

// maxPixels bounds what an uploaded picture may unpack to.
const maxPixels = 40_000_000

// fonts are parsed once; the parsed form is safe for concurrent use, faces are not and are made for each
// picture.
var fonts = sync.OnceValue(func() [2]*opentype.Font {
	regular, err1 := opentype.Parse(goregular.TTF)
	bold, err2 := opentype.Parse(gobold.TTF)
	if err1 != nil || err2 != nil {
		panic("filesapp: the embedded fonts don't parse") // they are part of the module
	}
	return [2]*opentype.Font{regular, bold}
})

// pagesOf returns how the file looks when it is read. ok is false when the application can't show it.
func pagesOf(f *file) (pages []page, ok bool) {
	switch {
	case f.gone:
		return nil, false
	case f.pages != nil:
		return f.pages, true
	case f.editable():
		_, body := splitFrontMatter(string(f.data))
		return paginate(f.Name, body), true
	case f.Type == "text/csv" && len(f.data) <= 1<<20:
		return paginate(f.Name, csvBody(string(f.data))), true
	}
	return nil, false
}

// csvBody drops comment lines and turns commas into columns; quoting is not needed for a picture.
func csvBody(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			out = append(out, strings.ReplaceAll(strings.TrimRight(line, "\r\n"), ",", "\t"))
		}
	}
	return strings.Join(out, "\n")
}

// paginate wraps a text and cuts it into pages, at most a hundred.
func paginate(title, text string) []page {
	var lines []string
	for line := range strings.Lines(strings.ToValidUTF8(text, "?")) {
		lines = append(lines, wrap(strings.TrimRight(line, "\r\n"))...)
	}
	var pages []page
	for len(pages) < 100 && (len(lines) > 0 || len(pages) == 0) {
		n := min(len(lines), linesAPage)
		pages = append(pages, page{Title: title, Lines: lines[:n]})
		lines = lines[n:]
	}
	return pages
}

func wrap(line string) []string {
	if strings.Contains(line, "\t") || len(line) <= columnsLine {
		return []string{line}
	}
	var out []string
	runes := []rune(line)
	for len(runes) > columnsLine {
		cut := columnsLine
		for i := columnsLine; i > columnsLine/2; i-- {
			if runes[i] == ' ' {
				cut = i
				break
			}
		}
		out = append(out, string(runes[:cut]))
		runes = []rune(strings.TrimLeft(string(runes[cut:]), " "))
	}
	return append(out, string(runes))
}

// pictures keeps the pages that were drawn last, since drawing one takes some milliseconds.
type pictures struct {
	mu    sync.Mutex
	pages map[pictureKey][]byte
	order []pictureKey
}

type pictureKey struct {
	id      string
	version int
	page    int
}

const maxPictures = 256 // of 10 to 30 KB each, as a rule

// get returns a page from the cache or draws it. Two callers may draw the same page at once; no harm is done.
func (c *pictures) get(f *file, n int) ([]byte, error) {
	key := pictureKey{f.ID, f.Version, n}
	c.mu.Lock()
	picture, ok := c.pages[key]
	c.mu.Unlock()
	if ok {
		return picture, nil
	}
	picture, err := pictureOf(f, n)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages == nil {
		c.pages = map[pictureKey][]byte{}
	}
	if _, ok := c.pages[key]; !ok {
		c.order = append(c.order, key)
	}
	c.pages[key] = picture
	if len(c.order) > maxPictures {
		delete(c.pages, c.order[0])
		c.order = c.order[1:]
	}
	return picture, nil
}

// pictureOf returns page n (from 1) of a file as PNG.
func pictureOf(f *file, n int) ([]byte, error) {
	const op = "filesapp.pictureOf"
	if pages, ok := pagesOf(f); ok {
		if n < 1 || n > len(pages) {
			return nil, fault.New(fault.NotFound, op, "no page %d", n)
		}
		return encode(drawPage(pages[n-1], n, len(pages)))
	}
	if strings.HasPrefix(f.Type, "image/") && n == 1 && !f.gone {
		img, err := redraw(f.data)
		if err != nil {
			return nil, fault.As(err, fault.NotFound, op, f.ID)
		}
		return encode(img)
	}
	return nil, fault.New(fault.NotFound, op, "there is no preview of %s", f.Type)
}

// pageCount returns how many pictures a file has; zero means there is no preview.
func pageCount(f *file) int {
	if pages, ok := pagesOf(f); ok {
		return len(pages)
	}
	if strings.HasPrefix(f.Type, "image/") && f.Type != "image/svg+xml" && !f.gone {
		return 1
	}
	return 0
}

// redraw decodes a picture and paints it anew, so that nothing but its pixels is left; large ones shrink to
// the width of a page.
func redraw(data []byte) (image.Image, error) {
	head, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if head.Width <= 0 || head.Height <= 0 || head.Width > maxPixels/head.Height {
		return nil, fault.New(fault.Limited, "filesapp.redraw", "the picture has too many pixels")
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if w > pageWidth {
		h = max(1, h*pageWidth/w)
		w = pageWidth
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Bounds(), image.White, image.Point{}, draw.Src)
	xdraw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Over, nil)
	return dst, nil
}

func drawPage(p page, n, count int) image.Image {
	img := image.NewGray(image.Rect(0, 0, pageWidth, pageHeight))
	for i := range img.Pix { // draw.Draw has no short cut for grey pictures
		img.Pix[i] = 0xff
	}
	drawText(img, pageMargin, pageMargin+28, 26, true, p.Title)
	y := pageMargin + 76
	for _, line := range p.Lines {
		cells := strings.Split(line, "\t")
		for i, cell := range cells {
			drawText(img, pageMargin+i*(pageWidth-2*pageMargin)/len(cells), y, 15, false, cell)
		}
		if len(cells) > 1 {
			draw.Draw(img, image.Rect(pageMargin, y+7, pageWidth-pageMargin, y+8), image.NewUniform(color.Gray{0xcc}), image.Point{}, draw.Src)
		}
		y += lineHeight
	}
	if count > 1 {
		drawText(img, pageMargin, pageHeight-40, 12, false, "Page "+strconv.Itoa(n)+" of "+strconv.Itoa(count))
	}
	return img
}

// drawText writes one line; y is the baseline, size is in pixels.
func drawText(dst draw.Image, x, y int, size float64, bold bool, text string) {
	f := fonts()[0]
	if bold {
		f = fonts()[1]
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return // the sizes are constants of this package; a line without text is the worst
	}
	defer face.Close()
	d := font.Drawer{Dst: dst, Src: image.Black, Face: face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

func encode(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
		return nil, fault.Wrap(err, "filesapp.encode", "")
	}
	return b.Bytes(), nil
}
