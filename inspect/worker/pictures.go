package worker

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"image"
	"io"

	"github.com/referee-casb/referee/dlp/extract"
)

// A reading process can't start the program that recognises text in pictures. It decodes a picture and hands its pixels to
// the parent, which has them read and answers with the text: one frame of text, or one that says why not.

// pictureHead is width and height, before the pixels.
const pictureHead = 8

// maxRecognised bounds the text of a picture, in bytes.
const maxRecognised = 4 << 20

// asker is the process's end: [extract.PictureReader] by way of the parent.
type asker struct {
	out *bufio.Writer
	in  io.Reader
}

// ReadPicture implements [extract.PictureReader].
func (a asker) ReadPicture(_ context.Context, picture *image.Gray) (string, error) {
	b := picture.Bounds()
	if b.Dx()*b.Dy() > extract.MaxPixels {
		return "", extract.Problem(extract.Limited, "a picture of more than %d million pixels", extract.MaxPixels/1_000_000)
	}
	body := make([]byte, pictureHead, pictureHead+b.Dx()*b.Dy())
	binary.BigEndian.PutUint32(body, uint32(b.Dx()))     //nolint:gosec // bounded above
	binary.BigEndian.PutUint32(body[4:], uint32(b.Dy())) //nolint:gosec // as above
	for y := b.Min.Y; y < b.Max.Y; y++ {
		at := picture.PixOffset(b.Min.X, y)
		body = append(body, picture.Pix[at:at+b.Dx()]...)
	}
	if err := writeFrame(a.out, framePicture, body); err != nil {
		return "", extract.Stop(err)
	}
	if err := a.out.Flush(); err != nil {
		return "", extract.Stop(err)
	}
	var head [5]byte
	if _, err := io.ReadFull(a.in, head[:]); err != nil {
		return "", extract.Stop(err)
	}
	text := make([]byte, min(binary.BigEndian.Uint32(head[1:]), maxRecognised))
	if _, err := io.ReadFull(a.in, text); err != nil {
		return "", extract.Stop(err)
	}
	if head[0] == frameText {
		return string(text), nil
	}
	var part extract.Part
	if err := json.Unmarshal(text, &part); err != nil {
		return "", extract.Stop(err)
	}
	return "", extract.Problem(part.Status, "%s", part.Reason)
}

// pictures is the parent's end for one file.
type pictures struct {
	reader extract.PictureReader // nil: a process that asks makes no sense
	left   int
	out    io.Writer
}

// read has a picture read and answers. What the process says of it is checked.
func (p *pictures) read(ctx context.Context, body []byte) error {
	if p == nil || p.reader == nil || p.left <= 0 || len(body) < pictureHead {
		return broken("a picture that nobody asked for")
	}
	p.left--
	width, height := int64(binary.BigEndian.Uint32(body)), int64(binary.BigEndian.Uint32(body[4:]))
	pixels := body[pictureHead:]
	if width < 1 || height < 1 || width > extract.MaxPixels || height > extract.MaxPixels || width*height != int64(len(pixels)) {
		return broken("a picture of another size")
	}
	img := &image.Gray{Pix: pixels, Stride: int(width), Rect: image.Rect(0, 0, int(width), int(height))}
	text, err := p.reader.ReadPicture(ctx, img)
	kind, answer := byte(frameText), []byte(text)
	if err == nil && len(answer) > maxRecognised {
		err = extract.Problem(extract.Limited, "a picture with more than %d MB of text", maxRecognised>>20)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		status, reason, known := extract.Told(err)
		if !known { // fail closed: the picture is unread, whatever is wrong with its reader
			status, reason = extract.Unsupported, "a picture whose reader is not there"
		}
		kind = frameFailed
		if answer, err = json.Marshal(extract.Part{Status: status, Reason: reason}); err != nil {
			return err
		}
	}
	return writeFrame(p.out, kind, answer)
}
