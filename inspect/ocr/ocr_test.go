package ocr

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/tiff"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/inspect/pdf"
)

const card = "Card 4111 1111 1111 1111"

func reader(t testing.TB) *Reader {
	t.Helper()
	r, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// written is a picture of a text.
func written(t testing.TB, text string) *image.Gray {
	t.Helper()
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 32, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 40+18*len(text), 80))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	(&font.Drawer{Dst: img, Src: image.NewUniform(color.Black), Face: face, Dot: fixed.P(20, 50)}).DrawString(text)
	return img
}

func encoded(t testing.TB, encode func(io.Writer, image.Image) error, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func extracted(t testing.TB, data string, lim extract.Limits) (string, extract.Result) {
	t.Helper()
	var out bytes.Buffer
	res, err := extract.Extract(t.Context(), io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), &out, lim)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), res
}

func documentWith(t testing.TB, picture string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:p><w:t>body</w:t></w:p>", "word/media/a.png": picture} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, content)
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

// scanOf is a PDF whose page is this picture, and text beside it.
func scanOf(img *image.Gray, text string) string {
	b := img.Bounds()
	content := fmt.Sprintf("BT /F 8 Tf 9 9 Td (%s) Tj ET q 600 0 0 %d 0 300 cm /I Do Q", text, 600*b.Dy()/b.Dx())
	return fmt.Sprintf("%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"+
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</I 6 0 R>>>>>>endobj\n"+
		"4 0 obj<</Length %d>>stream\n%s\nendstream endobj 5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"+
		"6 0 obj<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>stream\n%s\nendstream endobj trailer<</Root 1 0 R>>\n%%%%EOF",
		len(content), content, b.Dx(), b.Dy(), len(img.Pix), img.Pix)
}

// TestPictures are read alone, in documents, and as pages.
func TestPictures(t *testing.T) {
	t.Parallel()
	r := reader(t)
	img := written(t, card)
	pdfs := pdf.New(pdf.Config{Cache: pdf.Folder("")})
	t.Cleanup(func() {
		if err := pdfs.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, data := range map[string]string{
		"png":      encoded(t, png.Encode, img),
		"jpeg":     encoded(t, func(w io.Writer, i image.Image) error { return jpeg.Encode(w, i, nil) }, img),
		"gif":      encoded(t, func(w io.Writer, i image.Image) error { return gif.Encode(w, i, nil) }, img),
		"tiff":     encoded(t, func(w io.Writer, i image.Image) error { return tiff.Encode(w, i, nil) }, img),
		"bmp":      encoded(t, bmp.Encode, img),
		"document": documentWith(t, encoded(t, png.Encode, img)),
		"scan":     scanOf(img, ""), "picture beside text": scanOf(img, strings.Repeat("some words ", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, res := extracted(t, data, extract.Limits{OCR: r, PDF: pdfs})
			if res.Status != extract.Complete || res.Recognised != 1 || !strings.Contains(strings.ReplaceAll(text, " ", ""), "4111111111111111") {
				t.Errorf("%+v: %q", res, text)
			}
		})
	}
}

// TestBounds: what takes too long, is too large or damaged is named, not left out.
func TestBounds(t *testing.T) {
	t.Parallel()
	img := written(t, card)
	slow, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	slow.conf.Time = time.Nanosecond
	small := reader(t)
	small.conf.Memory = 16 << 20
	whole := encoded(t, png.Encode, img)
	var pages bytes.Buffer
	if err := gif.EncodeAll(&pages, &gif.GIF{Image: []*image.Paletted{image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{color.White, color.Black}), image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{color.White, color.Black})}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	huge := []byte(whole)
	copy(huge[16:], "\x00\x00\xff\xff\x00\x00\xff\xff") // width and height
	for _, c := range []struct {
		name, data string
		r          *Reader
		most       int
		status     extract.Status
	}{
		{"time", whole, slow, 0, extract.Limited},
		{"memory", whole, small, 0, extract.Unsupported},
		{"pixels", string(huge), reader(t), 0, extract.Corrupt}, // its checksum is wrong
		{"cut", whole[:len(whole)/2], reader(t), 0, extract.Corrupt},
		{"frames", pages.String(), reader(t), 0, extract.Limited},
		{"of no known kind", "\x00\x00\x00\x18ftypheic", reader(t), 0, extract.Unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, res := extracted(t, c.data, extract.Limits{OCR: c.r}); res.Status != c.status {
				t.Errorf("%+v, want %s", res, c.status)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := reader(t).ReadPicture(ctx, img); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestOpen says what is missing.
func TestOpen(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{Command: "no-such-program"}, {Languages: []string{"eng", "xxx"}}, {Languages: []string{"--help"}}} {
		if _, err := Open(t.Context(), c); !fault.Is(err, fault.Invalid) || fault.Help(err) == "" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
