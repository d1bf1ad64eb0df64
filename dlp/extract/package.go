package extract

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"io"
	"path"
	"strings"
)

// packageText is a document that is a zip of XML or HTML without a grammar that is known here: EPUB, XPS and Visio. All
// text and all attributes are read, since some of these keep text in attributes (Glyphs of XPS, cells of Visio).
func packageText(x *run, z *zip.Reader) error {
	for _, f := range z.File {
		name := f.Name
		var err error
		switch ext := strings.ToLower(path.Ext(name)); {
		case strings.HasSuffix(name, "/"), name == "mimetype", name == "[Content_Types].xml":
		case ext == ".xhtml", ext == ".html", ext == ".htm":
			err = x.content(f, func(r io.Reader) error { return htmlText(x, r) })
		case isXML(name), ext == ".opf", ext == ".ncx", ext == ".fpage", ext == ".fdoc", ext == ".fdseq":
			err = x.content(f, func(r io.Reader) error { return xmlText(x, r) })
		default:
			err = x.aside(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// aside reads a file in a document that is neither text of the document nor XML: pictures, fonts, embedded documents,
// macros. Pictures are counted; fonts and what printers were told have no text of people, which their form tells, not
// their name.
func (x *run) aside(f *zip.File) error {
	if strings.HasSuffix(f.Name, "/") {
		return nil
	}
	return x.opened(f, func(r io.Reader) error {
		in := bufio.NewReaderSize(&inflating{x, r}, sniffed)
		head, err := in.Peek(sniffed)
		if len(head) > 0 && (fontLike(head) || printerLike(head)) && identify(head) == Unknown {
			return nil
		}
		if err != nil && len(head) == 0 && err != io.EOF { //nolint:errorlint // bufio returns it as it is
			return x.failed(f.Name, err)
		}
		x.pictures = true
		err = x.packedPiece(f.Name, in)
		x.pictures = false
		return err
	})
}

// fontLike reports whether this is an OpenType font, as it is or with its first 32 bytes hidden (ECMA-376 part 4, 2.8.1;
// EPUB hides more): a table of four-letter names begins at byte 12, 16 bytes an entry. Or it is an embedded font of
// PowerPoint, or of WOFF.
func fontLike(head []byte) bool {
	if len(head) < 140 {
		return false
	}
	switch string(head[:4]) {
	case "wOFF", "wOF2", "OTTO", "true", "ttcf", "\x00\x01\x00\x00":
		return true
	}
	if len(head) > 36 && binary.LittleEndian.Uint16(head[34:]) == 0x504c { // [MS-PPTX] embedded font: EOT's magic number
		return true
	}
	for at := 44; at <= 92; at += 16 {
		for _, b := range head[at : at+4] {
			if b < ' ' || b > '~' {
				return false
			}
		}
	}
	return true
}

// printerLike reports whether this is what a printer was told (DEVMODE in wide characters): a version and its size after
// the printer's name.
func printerLike(head []byte) bool {
	return len(head) >= 72 && head[64] == 0x01 && head[65] == 0x04 && binary.LittleEndian.Uint16(head[68:]) >= 188 && binary.LittleEndian.Uint16(head[68:]) <= 220
}
