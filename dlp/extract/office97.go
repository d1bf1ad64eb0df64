package extract

import (
	"bytes"
	"io"
)

// office97Text tells an encrypted document of ECMA-376 from one in the formats before 2007: both are compound files
// ([MS-CFB]), and the first has a stream EncryptedPackage ([MS-OFFCRYPTO] 2.3.4). Neither is read.
func office97Text(x *run, src *io.SectionReader) error {
	name := utf16le("EncryptedPackage")
	// The name stands in the directory, whose sectors may be anywhere. A piece overlaps the one before by a name.
	buf := make([]byte, 64<<10)
	for at := int64(0); at < src.Size(); at += int64(len(buf) - len(name)) {
		if err := x.ctx.Err(); err != nil {
			return &stop{err}
		}
		n, err := src.ReadAt(buf, at)
		if bytes.Contains(buf[:n], name) {
			return badf(Encrypted, "the document has a password or rights on it")
		}
		if err != nil {
			break
		}
	}
	return badf(Unsupported, "%s", describe(Office97))
}

func utf16le(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		out = append(out, s[i], 0)
	}
	return out
}
