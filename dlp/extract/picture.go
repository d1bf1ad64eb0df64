package extract

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// A PictureReader finds the text in a picture, for [Limits]: optical character recognition. Its own errors are made by
// [Problem] or [Stop].
type PictureReader interface {
	ReadPicture(ctx context.Context, picture *image.Gray) (string, error)
}

// Bounds of pictures.
const (
	MaxPixels  = 40_000_000 // of one that is read: an A4 page at 600 dots an inch
	smallest   = 16         // less high or wide is no text
	maxPicture = 100        // that are read of a file, unless Limits say otherwise
)

// decoders decode pictures, by their first bytes. They are written in Go: what a process for recognition gets is pixels.
var decoders = []struct {
	prefix string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}{
	{"\x89PNG", png.DecodeConfig, png.Decode},
	{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	{"GIF8", gif.DecodeConfig, gif.Decode},
	{"II*\x00", tiff.DecodeConfig, tiff.Decode},
	{"MM\x00*", tiff.DecodeConfig, tiff.Decode},
	{"BM", bmp.DecodeConfig, bmp.Decode},
	{"RIFF", webp.DecodeConfig, webp.Decode},
}

// picture reads a picture: its text when somebody can recognise it, and a zip at its end in any case.
func (x *run) picture(r io.Reader) error {
	x.res.Images++
	var unread error
	switch {
	case x.lim.OCR == nil && !x.pictures:
		return badf(Unsupported, "a picture, which is not read")
	case x.lim.OCR == nil && x.lim.Pictures:
		unread = badf(Unsupported, "a picture, which is not read")
	}
	data, err := io.ReadAll(io.LimitReader(r, x.lim.Member+1))
	if err != nil {
		return err
	}
	if int64(len(data)) > x.lim.Member {
		return badf(Limited, "a picture of more than %d MB", x.lim.Member>>20)
	}
	if x.lim.OCR != nil {
		unread = x.recognised(data)
		var b *bad
		if unread != nil && !errors.As(unread, &b) {
			return unread
		}
	}
	if err := x.also(Image, io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))); err != nil {
		return err
	}
	return unread
}

// recognised reads the text of a picture in a file's format.
func (x *run) recognised(data []byte) error {
	for _, d := range decoders {
		if !bytes.HasPrefix(data, []byte(d.prefix)) {
			continue
		}
		c, err := d.config(bytes.NewReader(data))
		if err != nil {
			return badf(Corrupt, "the picture is damaged")
		}
		if c.Width < smallest || c.Height < smallest {
			return nil
		}
		if int64(c.Width)*int64(c.Height) > MaxPixels {
			return badf(Limited, "a picture of more than %d million pixels", MaxPixels/1_000_000)
		}
		img, err := d.decode(bytes.NewReader(data))
		if err != nil {
			return badf(Corrupt, "the picture is damaged or of a kind that is not read")
		}
		if err := x.recognise(grayOf(img)); err != nil {
			return err
		}
		if morePages(data) {
			return badf(Limited, "only the first of several pictures in one file is read")
		}
		return nil
	}
	return badf(Unsupported, "a picture of a kind that is not read")
}

// recognise reads the text of a picture.
func (x *run) recognise(img *image.Gray) error {
	most := x.lim.Recognise
	if most <= 0 {
		most = maxPicture
	}
	if x.res.Recognised >= most {
		return badf(Limited, "more than %d pictures", most)
	}
	x.res.Recognised++
	text, err := x.lim.OCR.ReadPicture(x.ctx, img)
	if err != nil {
		return err
	}
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return x.own(text)
}

// grayOf makes a picture gray, on white where it is transparent.
func grayOf(img image.Image) *image.Gray {
	if g, ok := img.(*image.Gray); ok {
		return g
	}
	b := img.Bounds()
	out := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	if y, ok := img.(*image.YCbCr); ok {
		for row := range b.Dy() {
			at := y.YOffset(b.Min.X, b.Min.Y+row)
			copy(out.Pix[row*out.Stride:], y.Y[at:at+b.Dx()])
		}
		return out
	}
	for row := range b.Dy() {
		for col := range b.Dx() {
			r, g, bl, a := img.At(b.Min.X+col, b.Min.Y+row).RGBA()
			light := (19595*r + 38470*g + 7471*bl + 1<<15) >> 16
			out.SetGray(col, row, color.Gray{Y: uint8((light + 0xffff - a) >> 8)}) //nolint:gosec // 16 bits
		}
	}
	return out
}

// morePages reports whether a file holds more pictures than its first: pages of a TIFF, frames of a GIF.
func morePages(data []byte) bool {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(data, []byte("GIF8")):
		return bytes.Count(data, []byte("\x00\x21\xf9\x04")) > 1 // blocks before frames
	case bytes.HasPrefix(data, []byte("MM\x00*")):
		order = binary.BigEndian
	case !bytes.HasPrefix(data, []byte("II*\x00")):
		return false
	}
	if len(data) < 8 {
		return false
	}
	at := uint64(order.Uint32(data[4:]))
	if at+2 > uint64(len(data)) {
		return false
	}
	next := at + 2 + 12*uint64(order.Uint16(data[at:]))
	return next+4 <= uint64(len(data)) && order.Uint32(data[next:]) != 0
}
