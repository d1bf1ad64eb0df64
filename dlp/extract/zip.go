package extract

import (
	"archive/zip"
	"bufio"
	"errors"
	"io"
	"path"
	"strings"
)

// peeked is r with a look ahead.
func peeked(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, sniffed) }

// zipText is a zip, or a document that is one.
func zipText(x *run, src *io.SectionReader) error {
	// Counted before memory is taken for them.
	if _, entries, ok := zipEnd(src, x.lim.Parts); ok && entries > x.lim.Parts {
		return badf(Limited, "more than %d parts", x.lim.Parts)
	}
	z, err := zip.NewReader(src, src.Size())
	if err != nil {
		return badf(Corrupt, "the zip has no readable directory")
	}
	if len(z.File) > x.lim.Parts {
		return badf(Limited, "more than %d parts", x.lim.Parts)
	}
	kind := documentIn(z)
	if len(x.path) == 0 {
		x.res.Kind = kind
	}
	switch kind {
	case Word, Slides:
		return openXMLText(x, z, nil)
	case Sheet:
		return sheetText(x, z)
	case OpenDocument:
		return openDocumentText(x, z)
	case EPUB, XPS, Visio:
		return packageText(x, z)
	}
	if z.Comment != "" {
		if err := x.own(z.Comment); err != nil {
			return err
		}
	}
	for _, f := range z.File {
		if err := x.own(f.Name + "\n" + f.Comment); err != nil {
			return err
		}
		if err := x.member(f); err != nil {
			return err
		}
	}
	return nil
}

// member is a file of a zip, of whatever kind.
func (x *run) member(f *zip.File) error {
	if strings.HasSuffix(f.Name, "/") {
		return nil
	}
	return x.opened(f, func(r io.Reader) error { return x.packed(f.Name, r) })
}

// content reads a file of a document as what it is known to be.
func (x *run) content(f *zip.File, read func(io.Reader) error) error {
	return x.opened(f, func(r io.Reader) error {
		x.path = append(x.path, f.Name)
		defer func() { x.path = x.path[:len(x.path)-1] }()
		if x.res.Parts++; x.res.Parts > x.lim.Parts {
			return x.note(XML, badf(Limited, "more than %d parts", x.lim.Parts))
		}
		return x.note(XML, read(&inflating{x, r}))
	})
}

// opened opens a file of a zip, and notes when it can't be.
func (x *run) opened(f *zip.File, read func(io.Reader) error) error {
	if f.Flags&1 != 0 {
		return x.failed(f.Name, badf(Encrypted, "with a password"))
	}
	r, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return x.failed(f.Name, badf(Unsupported, "packed in a way that is not read (method %d)", f.Method))
	}
	if err != nil {
		return x.failed(f.Name, err)
	}
	defer r.Close() //nolint:errcheck // it reads
	return read(r)
}

// inFolder reports whether a member is in a folder of the zip, at any depth.
func inFolder(name, folder string) bool { return strings.HasPrefix(name, folder+"/") }

func isXML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".xml" || ext == ".rels" || ext == ".vml"
}
