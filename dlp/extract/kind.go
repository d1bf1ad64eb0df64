package extract

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind is what a file is, by its bytes.
type Kind string

// The kinds that are told apart. Those without a reader in all.go are named as unsupported.
const (
	Text         Kind = "text"
	HTML         Kind = "html"
	XML          Kind = "xml"
	JSON         Kind = "json"
	RTF          Kind = "rtf"
	Mail         Kind = "mail"
	Mailbox      Kind = "mbox"
	Calendar     Kind = "calendar" // iCalendar and vCard
	Word         Kind = "docx"
	Sheet        Kind = "xlsx"
	Slides       Kind = "pptx"
	OpenDocument Kind = "opendocument"
	EPUB         Kind = "epub"
	XPS          Kind = "xps"
	Visio        Kind = "vsdx"
	Zip          Kind = "zip"
	Tar          Kind = "tar"
	Gzip         Kind = "gzip"
	Bzip2        Kind = "bzip2"
	Zstandard    Kind = "zstd"
	PDF          Kind = "pdf"
	Office97     Kind = "office97" // doc, xls, ppt, msg, macros, and encrypted documents
	SevenZip     Kind = "7z"
	Rar          Kind = "rar"
	XZ           Kind = "xz"
	LZMA         Kind = "lzma"
	LZ4          Kind = "lz4"
	Image        Kind = "image"
	Media        Kind = "media"
	Program      Kind = "program"
	Database     Kind = "database"
	Empty        Kind = "empty"
	Unknown      Kind = "unknown"
)

// sniffed is how much of a file is looked at to tell its kind.
const sniffed = 4 << 10

// signatures are told by their first bytes (or those at an offset), the first that fits.
var signatures = []struct {
	kind   Kind
	at     int
	prefix string
}{
	{Zip, 0, "PK\x03\x04"},
	{Zip, 0, "PK\x05\x06"},
	{PDF, 0, "%PDF-"},
	{Office97, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
	{RTF, 0, `{\rtf`},
	{Gzip, 0, "\x1f\x8b\x08"},
	{Bzip2, 0, "BZh"},
	{Zstandard, 0, "\x28\xb5\x2f\xfd"},
	{XZ, 0, "\xfd7zXZ\x00"},
	{LZ4, 0, "\x04\x22\x4d\x18"},
	{SevenZip, 0, "7z\xbc\xaf\x27\x1c"},
	{Rar, 0, "Rar!\x1a\x07"},
	{Tar, 257, "ustar"},
	{Image, 0, "\x89PNG\r\n\x1a\n"},
	{Image, 0, "\xff\xd8\xff"},
	{Image, 0, "GIF87a"},
	{Image, 0, "GIF89a"},
	{Image, 0, "II*\x00"},
	{Image, 0, "MM\x00*"},
	{Image, 0, "\x01\x00\x00\x00\x6c\x00\x00\x00"},
	{Image, 8, "WEBP"},
	{Image, 4, "ftypheic"},
	{Image, 4, "ftypavif"},
	{Image, 0, "\xd7\xcd\xc6\x9a"},
	{Image, 0, "\x01\x00\x09\x00\x00\x03"},
	{Image, 40, " EMF"},
	{Media, 4, "ftyp"},
	{Media, 0, "ID3"},
	{Media, 0, "OggS"},
	{Media, 0, "fLaC"},
	{Media, 0, "\x1a\x45\xdf\xa3"},
	{Media, 8, "WAVE"},
	{Media, 8, "AVI "},
	{Program, 0, "\x7fELF"},
	{Program, 0, "\xcf\xfa\xed\xfe"},
	{Program, 0, "\xca\xfe\xba\xbe"},
	{Program, 0, "\x00asm"},
	{Database, 0, "SQLite format 3\x00"},
	{Database, 4, "Standard Jet DB"},
	{Database, 4, "Standard ACE DB"},
}

// sniff tells a file's kind. A zip's is told by what is in it.
func sniff(src *io.SectionReader) (Kind, error) {
	head := make([]byte, min(sniffed, src.Size()))
	n, err := src.ReadAt(head, 0) // fewer than its size says while it is still arriving
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return identify(head[:n]), nil
}

// Tell tells a file's kind by its first bytes, 4096 of them if there are so many. What it calls a zip may be a document.
func Tell(head []byte) Kind { return identify(head[:min(len(head), sniffed)]) }

// identify tells a kind by the first bytes. What it calls a zip may be a document (see zip.go).
func identify(head []byte) Kind {
	if len(head) == 0 {
		return Empty
	}
	for _, s := range signatures {
		if len(head) >= s.at+len(s.prefix) && string(head[s.at:s.at+len(s.prefix)]) == s.prefix {
			return s.kind
		}
	}
	if lzmaLike(head) {
		return LZMA
	}
	if len(head) > 2 && string(head[:2]) == "BM" && bytes.IndexByte(head, 0) >= 0 {
		return Image
	}
	if len(head) > 2 && string(head[:2]) == "MZ" && bytes.IndexByte(head, 0) >= 0 {
		return Program
	}
	if wide(head) != nil {
		return textual(decoded(head))
	}
	if bytes.IndexByte(head, 0) >= 0 || !printable(head) {
		return Unknown
	}
	return textual(head)
}

// lzmaLike reports whether this is the header of LZMA alone, which has no signature: its usual properties, a dictionary
// that is a power of two or one and a half, and a size that is unknown or sane.
func lzmaLike(head []byte) bool {
	if len(head) < 14 || head[0] != 0x5d || head[13] != 0 {
		return false
	}
	dict, size := binary.LittleEndian.Uint32(head[1:]), binary.LittleEndian.Uint64(head[5:])
	power := dict != 0 && (dict&(dict-1) == 0 || dict%3 == 0 && dict/3&(dict/3-1) == 0)
	return power && dict >= 1<<12 && (size == 1<<64-1 || size < 1<<40)
}

// printable reports whether most of it is text in some charset: control characters are rare in every one.
func printable(head []byte) bool {
	control := 0
	for _, b := range head {
		if b < 0x20 && !strings.ContainsRune("\t\n\r\f\v\x1b\x08", rune(b)) || b == 0x7f {
			control++
		}
	}
	return control*50 <= len(head)
}

// textual tells kinds of text apart.
func textual(head []byte) Kind {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	lower := bytes.ToLower(head)
	begins := func(any ...string) bool {
		return slices.ContainsFunc(any, func(s string) bool { return bytes.HasPrefix(lower, []byte(s)) })
	}
	switch {
	case begins("begin:vcalendar", "begin:vcard"):
		return Calendar
	case bytes.HasPrefix(head, []byte("From ")) && mailLike(head[min(len(head), 1+bytes.IndexByte(head, '\n')):]):
		return Mailbox
	case mailLike(head):
		return Mail
	case begins("<?xml", "<office:document") && bytes.Contains(lower, []byte("<office:document")):
		return OpenDocument
	case begins("<!doctype html", "<html", "<head", "<body", "<table", "<div", "<p>", "<span", "<meta "), begins("<?xml", "<!--") && bytes.Contains(lower, []byte("<html")):
		return HTML
	case begins("<?xml", "<!--", "<!doctype") || len(head) > 1 && head[0] == '<' && (head[1] == '_' || head[1]|0x20 >= 'a' && head[1]|0x20 <= 'z'):
		return XML
	case begins("{", "["):
		return JSON
	}
	return Text
}

// mailHeaders begin messages as programs store them.
var mailHeaders = []string{
	"return-path:", "received:", "delivered-to:", "mime-version:", "message-id:", "from:", "to:", "date:", "subject:", "x-", "dkim-signature:", "content-type:",
	"reply-to:", "arc-seal:", "authentication-results:", "cc:", "sender:",
}

// mailLike reports whether a text begins with the headers of a message, at least three of them.
func mailLike(head []byte) bool {
	known := 0
	for line := range bytes.Lines(head) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t") {
			if len(line) > 0 && &line[len(line)-1] == &head[len(head)-1] { // cut by the end of what was looked at
				break
			}
			return false
		}
		lower := strings.ToLower(string(name)) + ":"
		if slices.ContainsFunc(mailHeaders, func(h string) bool { return h == lower || h == "x-" && strings.HasPrefix(lower, h) }) {
			known++
		}
	}
	return known >= 3
}

// describe says why a kind is not read.
func describe(kind Kind) string {
	if kind == Unknown {
		return "of no known kind"
	}
	return string(kind) + " is not read"
}

// documentIn tells what kind of document a zip is.
func documentIn(z *zip.Reader) Kind {
	names := map[string]bool{}
	for _, f := range z.File {
		names[f.Name] = true
	}
	switch {
	case names["mimetype"] && names["content.xml"]:
		return OpenDocument
	case names["mimetype"] && names["META-INF/container.xml"]:
		return EPUB
	case !names["[Content_Types].xml"]:
		return Zip
	}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".fdseq") {
			return XPS
		}
		switch top, _, _ := strings.Cut(f.Name, "/"); top {
		case "visio":
			return Visio
		case "word":
			return Word
		case "xl":
			return Sheet
		case "ppt":
			return Slides
		}
	}
	return Zip
}

// utf8At is the length of the valid UTF-8 character at the start of b, 0 when there is none, -1 when b ends within one.
func utf8At(b []byte) int {
	r, size := utf8.DecodeRune(b)
	switch {
	case r != utf8.RuneError || size > 1:
		return size
	case !utf8.FullRune(b):
		return -1
	}
	return 0
}
