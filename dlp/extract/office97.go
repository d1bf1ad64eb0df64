package extract

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/richardlehane/mscfb"
)

// compound is a compound file ([MS-CFB]): a small file system in a file. Documents of Office before 2007 are such, so are
// Outlook's messages, macros, and containers of encrypted documents.
type compound struct {
	x       *run
	streams []*mscfb.File // in their order
	byPath  map[string]*mscfb.File
}

// office97Text reads what is in a compound file, objects that are embedded in documents included.
func office97Text(x *run, src *io.SectionReader) (err error) {
	defer func() {
		if p := recover(); p != nil { // the container's reader meets hostile files here
			err = badf(Corrupt, "the compound file is damaged")
		}
	}()
	r, err := mscfb.New(src)
	if err != nil {
		return badf(Corrupt, "the compound file is damaged")
	}
	c := &compound{x: x, byPath: map[string]*mscfb.File{}}
	for _, f := range r.File {
		if f.FileInfo().IsDir() {
			if f.Name == "DataSpaces" && f.Initial == 6 {
				return badf(Encrypted, "the document has a password or rights on it")
			}
			continue
		}
		if f.Name == "EncryptedPackage" || f.Name == "DRMContent" {
			return badf(Encrypted, "the document has a password or rights on it")
		}
		if len(c.streams) >= x.lim.Parts {
			return badf(Limited, "more than %d parts", x.lim.Parts)
		}
		c.streams = append(c.streams, f)
		c.byPath[pathOf(f)] = f
	}
	known := 0
	for _, f := range c.streams {
		read := c.reader(f)
		if read == nil {
			continue
		}
		if !strings.HasSuffix(f.Name, "SummaryInformation") { // which every kind has, known or not
			known++
		}
		if err := x.named(pathOf(f), Office97, func() error { return read(f) }); err != nil {
			return err
		}
	}
	if known == 0 {
		return badf(Unsupported, "a compound file of no known kind")
	}
	return nil
}

func pathOf(f *mscfb.File) string {
	return path.Join(append(append([]string(nil), f.Path...), f.Name)...)
}

// reader is how a stream is read, nil for those without text of people.
func (c *compound) reader(f *mscfb.File) func(*mscfb.File) error {
	inMacros := len(f.Path) > 0 && f.Path[len(f.Path)-1] == "VBA"
	switch {
	case inMacros && (f.Name == "dir" || f.Name == "_VBA_PROJECT" || strings.HasPrefix(f.Name, "__SRP_")):
		return nil
	case inMacros:
		return c.macro
	}
	switch f.Name {
	case "WordDocument":
		return c.word
	case "Workbook", "Book":
		return c.excel
	case "PowerPoint Document":
		return c.slides
	case "SummaryInformation", "DocumentSummaryInformation":
		return c.properties
	case "Package", "CONTENTS":
		return func(f *mscfb.File) error { return c.x.packed(f.Name, f) }
	case "Ole10Native":
		return c.native
	}
	if strings.HasPrefix(f.Name, "__substg1.0_") && !slices.Contains(f.Path, "__nameid_version1.0") { // which are numbers for names
		return c.message
	}
	return nil
}

// all reads a stream into memory.
func (c *compound) all(f *mscfb.File) ([]byte, error) {
	if f.Size > c.x.lim.Member {
		return nil, badf(Limited, "more than %d MB in one stream", c.x.lim.Member>>20)
	}
	data, err := io.ReadAll(io.LimitReader(&inflating{c.x, f}, c.x.lim.Member))
	if err != nil {
		return nil, err
	}
	return data, nil
}

// beside returns a stream in the same storage.
func (c *compound) beside(f *mscfb.File, name string) ([]byte, error) {
	other := c.byPath[path.Join(append(append([]string(nil), f.Path...), name)...)]
	if other == nil {
		return nil, fmt.Errorf("there is no stream %s", name)
	}
	return c.all(other)
}

// native is a file that was put into a document as it is ([MS-OLEDS] 2.3.6, with the header of OLE's packager).
func (c *compound) native(f *mscfb.File) error {
	data, err := c.all(f)
	if err != nil {
		return err
	}
	name, content := packaged(data)
	if name != "" {
		if err := c.x.own(name); err != nil {
			return err
		}
	}
	return c.x.packed("object", bytes.NewReader(content))
}

// packaged takes off the packager's header: total size, type, label, file name, four bytes, path, size. Without one the
// whole is the content.
func packaged(data []byte) (name string, content []byte) {
	rest := data
	text := func() string {
		s, after, ok := bytes.Cut(rest, []byte{0})
		if !ok {
			rest = nil
			return ""
		}
		rest = after
		return string(s)
	}
	number := func() uint32 {
		if len(rest) < 4 {
			rest = nil
			return 0
		}
		n := binary.LittleEndian.Uint32(rest)
		rest = rest[4:]
		return n
	}
	if len(data) < 6 || binary.LittleEndian.Uint16(data[4:]) != 2 {
		return "", data[min(4, len(data)):]
	}
	rest = data[6:]
	name = text()
	text() // where it came from
	number()
	if n := number(); uint64(n) <= uint64(len(rest)) {
		rest = rest[n:]
	}
	if n := number(); rest != nil && n > 0 && uint64(n) <= uint64(len(rest)) {
		return name, rest[:n]
	}
	return "", data[4:]
}

// properties are the texts of a property set ([MS-OLEPS]): title, author, names and values of one's own. They are found
// by their form, since a set that says of itself where they are may be wrong.
func (c *compound) properties(f *mscfb.File) error {
	data, err := c.all(f)
	if err != nil {
		return err
	}
	for i := 0; i+8 <= len(data); i += 4 {
		kind, n := binary.LittleEndian.Uint32(data[i:]), int(binary.LittleEndian.Uint32(data[i+4:]))
		rest := data[i+8:]
		switch {
		case kind == 0x1e && n > 1 && n <= len(rest): // VT_LPSTR
			err = c.x.own(ansi(bytes.TrimRight(rest[:n], "\x00")))
			i += (n + 4) &^ 3
		case kind == 0x1f && n > 1 && n <= len(rest)/2: // VT_LPWSTR
			err = c.x.own(strings.TrimRight(utf16Text(rest[:2*n]), "\x00"))
			i += (2*n + 4) &^ 3
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var errShort = errors.New("it ends early")
