package extract

import (
	"archive/zip"
	"io"
	"path"
	"strings"
)

// openXMLText is a Word or PowerPoint document of ECMA-376 and what lies in it: every XML part (body, notes, comments,
// headers, masters, properties), addresses of links, and embedded files. skip are parts that the caller reads itself.
func openXMLText(x *run, z *zip.Reader, skip func(name string) bool) error {
	for _, f := range z.File {
		name := f.Name
		var err error
		switch {
		case strings.HasSuffix(name, "/"), name == "[Content_Types].xml", skip != nil && skip(name):
		case path.Ext(name) == ".rels":
			err = x.content(f, x.links)
		case inFolder(name, "docProps") && isXML(name), inFolder(name, "customXml") && isXML(name):
			err = x.content(f, func(r io.Reader) error { return xmlText(x, r) })
		case isXML(name):
			err = x.content(f, x.runs)
		default:
			err = x.aside(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// breaks are elements of WordprocessingML and DrawingML after which a line ends; gaps are those that stand for a blank.
var (
	breaks = map[string]bool{"w:p": true, "a:p": true, "w:br": true, "w:cr": true, "a:br": true, "w:tr": true, "a:tr": true, "p:sp": true, "si": true, "comment": true, "text": true}
	gaps   = map[string]bool{"w:tab": true, "w:tc": true, "a:tc": true, "w:ptab": true, "w:nobreakhyphen": true}
	spoken = map[string]bool{"descr": true, "title": true, "name": true, "w:author": true, "author": true, "w:alias": true, "tooltip": true, "w:tooltip": true}
)

// runs is the text of a part: all characters in elements, as lines of paragraphs, and the attributes that people write.
func (x *run) runs(r io.Reader) error {
	decoded, err := xmlReader(r)
	if err != nil {
		return endOfText(err)
	}
	return walk(decoded, markup{
		text: x.write, raw: x.write,
		start: func(e *element) error {
			for _, a := range e.attrs {
				if spoken[a.Key] && a.Val != "" {
					if err := x.own(a.Val); err != nil {
						return err
					}
				}
			}
			return x.after(e.name, e.empty)
		},
		end: func(name string) error { return x.after(name, true) },
	})
}

func (x *run) after(name string, ended bool) error {
	switch {
	case !ended:
		return nil
	case breaks[name]:
		return x.line()
	case name == "w:nobreakhyphen":
		return x.text("-")
	case gaps[name]:
		return x.text("\t")
	}
	return nil
}

// links are the addresses that a part leads to outside the document.
func (x *run) links(r io.Reader) error {
	decoded, err := xmlReader(r)
	if err != nil {
		return endOfText(err)
	}
	return walk(decoded, markup{start: func(e *element) error {
		if !strings.EqualFold(e.attr("targetmode"), "External") {
			return nil
		}
		return x.own(e.attr("target"))
	}})
}
