package filesapp

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
)

// pngFile draws a plan with labelled rooms and puts the marker into a text chunk (PNG, 11.3.3).
func pngFile(canary string, pages []page) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 720, 480))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{0xf7, 0xf5, 0xf0, 0xff}), image.Point{}, draw.Src)
	rooms := []struct {
		r image.Rectangle
		c color.RGBA
	}{
		{image.Rect(40, 80, 420, 300), color.RGBA{0xcf, 0xe0, 0xf5, 0xff}},
		{image.Rect(440, 80, 680, 220), color.RGBA{0xd9, 0xee, 0xd7, 0xff}},
		{image.Rect(440, 240, 680, 440), color.RGBA{0xf3, 0xe3, 0xc3, 0xff}},
		{image.Rect(40, 320, 420, 440), color.RGBA{0xe4, 0xe1, 0xec, 0xff}},
	}
	drawText(img, 40, 52, 26, true, pages[0].Title)
	for i, room := range rooms {
		draw.Draw(img, room.r, image.NewUniform(color.RGBA{0x55, 0x5b, 0x66, 0xff}), image.Point{}, draw.Src)
		draw.Draw(img, room.r.Inset(3), image.NewUniform(room.c), image.Point{}, draw.Src)
		drawText(img, room.r.Min.X+20, room.r.Min.Y+40, 20, false, pages[0].Lines[i])
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a bytes.Buffer doesn't fail and the size is a constant
	}
	return withTextChunk(b.Bytes(), "Comment", canary)
}

// withTextChunk inserts a tEXt chunk behind the header chunk, which ends at byte 33.
func withTextChunk(raw []byte, keyword, text string) []byte {
	body := append([]byte("tEXt"+keyword+"\x00"), text...)
	var chunk []byte
	chunk = binary.BigEndian.AppendUint32(chunk, uint32(len(body)-4)) //nolint:gosec // a few dozen bytes
	chunk = append(chunk, body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body))
	return bytes.Join([][]byte{raw[:33], chunk, raw[33:]}, nil)
}
