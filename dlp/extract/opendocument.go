package extract

import (
	"archive/zip"
	"bufio"
	"encoding/base64"
	"io"
	"strings"
)

// openDocumentText is a document of OpenDocument 1.3: text, sheet, slides or drawing.
func openDocumentText(x *run, z *zip.Reader) error {
	for _, f := range z.File {
		name := f.Name
		var err error
		switch {
		case strings.HasSuffix(name, "/"), name == "mimetype":
		case name == "META-INF/manifest.xml":
			err = x.content(f, x.manifest)
		case isXML(name):
			err = x.content(f, x.openText)
		default:
			err = x.aside(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// manifest finds out whether parts are encrypted (OpenDocument 1.3 part 2, 3.8): the zip doesn't say.
func (x *run) manifest(r io.Reader) error {
	decoded, err := xmlReader(r)
	if err != nil {
		return endOfText(err)
	}
	return walk(decoded, markup{start: func(e *element) error {
		if e.name == "manifest:encryption-data" {
			return badf(Encrypted, "the document's parts are encrypted")
		}
		return nil
	}})
}

var (
	openBreaks = map[string]bool{"text:p": true, "text:h": true, "text:line-break": true, "table:table-row": true, "text:list-item": true, "dc:title": true, "dc:creator": true, "dc:subject": true, "dc:description": true, "meta:keyword": true, "meta:user-defined": true, "svg:title": true, "svg:desc": true}
	openGaps   = map[string]bool{"text:tab": true, "text:s": true, "table:table-cell": true, "table:covered-table-cell": true}
)

// flatText is an OpenDocument that is one XML, in which pictures and objects are written in base64.
func flatText(x *run, r io.Reader) error { return x.openText(r) }

// openText is the text of a part. Cells of a sheet lie within their row: a paragraph in a cell does not end the line.
func (x *run) openText(r io.Reader) error {
	decoded, err := xmlReader(r)
	if err != nil {
		return endOfText(err)
	}
	cell := false
	var binary *strings.Builder // an object on its way
	after := func(name string, ended bool) error {
		switch {
		case !ended:
			return nil
		case openBreaks[name] && (!cell || name == "table:table-row"):
			return x.line()
		case openGaps[name]:
			return x.text("\t")
		}
		return nil
	}
	err = walk(decoded, markup{
		raw: x.write,
		text: func(t []byte) error {
			if binary == nil {
				return x.write(t)
			}
			if int64(binary.Len()+len(t)) > x.lim.Member {
				return badf(Limited, "an object of more than %d MB", x.lim.Member>>20)
			}
			binary.Write(t)
			return nil
		},
		start: func(e *element) error {
			if e.name == "office:binary-data" && !e.empty {
				binary = &strings.Builder{}
			}
			if e.name == "table:table-cell" && !e.empty {
				cell = true
			}
			for _, key := range []string{"xlink:href", "office:string-value", "table:formula"} {
				if v := e.attr(key); v != "" && !strings.HasPrefix(v, "Pictures/") {
					if err := x.text(v + "\t"); err != nil {
						return err
					}
				}
			}
			return after(e.name, e.empty)
		},
		end: func(name string) error {
			if name == "office:binary-data" && binary != nil {
				data := binary.String()
				binary = nil
				x.pictures = true
				err := x.packed("object", base64.NewDecoder(base64.StdEncoding, &only64{bufio.NewReader(strings.NewReader(data))}))
				x.pictures = false
				return err
			}
			if name == "table:table-cell" {
				cell = false
			}
			return after(name, true)
		},
	})
	if err == nil && binary != nil {
		return io.ErrUnexpectedEOF
	}
	return err
}
