package recognise

import (
	"bytes"

	"github.com/gabriel-vasile/mimetype"
)

// nature is what first bytes are.
type nature uint8

const (
	natureNone  nature = iota // no signature
	natureFile                // document, archive, program, disk image, database: never part of a page
	natureMedia               // image, audio, video, font: may be part of a page
)

// signature is a byte sequence that begins a file of a nature.
type signature struct {
	at     int
	bytes  string
	nature nature
}

// signatures are those of the types that matter for the first decision; exact types come from a library
// afterwards. Sources: the formats' own specifications.
var signatures = []signature{
	{0, "%PDF-", natureFile},
	{0, "PK\x03\x04", natureFile},
	{0, "PK\x05\x06", natureFile},
	{0, "PK\x07\x08", natureFile},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", natureFile}, // OLE compound: doc, xls, ppt, msg
	{0, "{\\rtf", natureFile},
	{0, "Rar!\x1a\x07", natureFile},
	{0, "7z\xbc\xaf\x27\x1c", natureFile},
	{0, "\x1f\x8b\x08", natureFile},
	{0, "BZh", natureFile},
	{0, "\xfd7zXZ\x00", natureFile},
	{0, "\x28\xb5\x2f\xfd", natureFile},
	{257, "ustar", natureFile},
	{0, "MSCF", natureFile},
	{0, "MZ", natureFile},
	{0, "\x7fELF", natureFile},
	{0, "\xca\xfe\xba\xbe", natureFile},
	{0, "\xcf\xfa\xed\xfe", natureFile},
	{0, "SQLite format 3\x00", natureFile},
	{0, "!<arch>\n", natureFile},
	{0, "!BDN", natureFile},
	{0, "%!PS", natureFile},
	{0, "AT&TFORM", natureFile},
	{0, "\x04\x22\x4d\x18", natureFile},
	{0, "II*\x00", natureFile},
	{0, "MM\x00*", natureFile}, // TIFF: scans and photographs, which browsers don't show
	{0, "8BPS", natureFile},
	{0, "AC10", natureFile},
	{0, "PAR1", natureFile},
	{0, "Obj\x01", natureFile},
	{0, "\x89PNG\r\n\x1a\n", natureMedia},
	{0, "\xff\xd8\xff", natureMedia},
	{0, "GIF8", natureMedia},
	{0, "RIFF", natureMedia},
	{4, "ftyp", natureMedia},
	{0, "\x1aE\xdf\xa3", natureMedia},
	{0, "OggS", natureMedia},
	{0, "ID3", natureMedia},
	{0, "fLaC", natureMedia},
	{0, "wOFF", natureMedia},
	{0, "wOF2", natureMedia},
	{0, "\x00\x01\x00\x00\x00", natureMedia},
	{0, "OTTO", natureMedia},
	{0, "\x00\x00\x01\x00", natureMedia},
}

// enough is how many first bytes settle every signature that pages, code and data could be mistaken for; tar's
// lies further in and is looked for where more bytes are at hand.
const enough = 16

// natureOf looks for a signature. White space and a byte-order mark before "%PDF-" are skipped as viewers do
// (ISO 32000-1 annex H asks readers to accept a header within the first 1,024 bytes).
func natureOf(head []byte) nature {
	for _, s := range signatures {
		if len(head) >= s.at+len(s.bytes) && string(head[s.at:s.at+len(s.bytes)]) == s.bytes {
			return s.nature
		}
	}
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n\x00\x0c")
	if bytes.HasPrefix(trimmed, []byte("%PDF-")) || bytes.HasPrefix(trimmed, []byte("{\\rtf")) {
		return natureFile
	}
	return natureNone
}

// trueMIME names the type that first bytes show, "" when they show none.
func trueMIME(head []byte) string {
	if len(head) == 0 {
		return ""
	}
	m := mimetype.Detect(head)
	if m.Is("application/octet-stream") || m.Is("text/plain") {
		return ""
	}
	base, _ := cutType(m.String())
	return base
}

// looksLikeJSON reports whether bytes may begin a JSON text, with the prefixes that apps put before one
// against inclusion as a script.
func looksLikeJSON(head []byte) bool {
	b := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(b) == 0 {
		return true
	}
	for _, guard := range []string{")]}'", "for(;;);", "while(1);", "{}&&", "/*"} {
		if bytes.HasPrefix(b, []byte(guard)) {
			return true
		}
	}
	switch b[0] {
	case '{', '[', '"', '-':
		return true
	case 't':
		return bytes.HasPrefix([]byte("true"), b[:min(len(b), 4)])
	case 'f':
		return bytes.HasPrefix([]byte("false"), b[:min(len(b), 5)])
	case 'n':
		return bytes.HasPrefix([]byte("null"), b[:min(len(b), 4)])
	}
	// A number is JSON when it stands alone; "12,34" is a table.
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' {
			return c == '\r' || c == '\n' || c == ' '
		}
	}
	return b[0] >= '0' && b[0] <= '9'
}
