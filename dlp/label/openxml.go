package label

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// maxPart bounds the two parts that are read, in bytes.
const maxPart = 4 << 20

// ofOpenXML reads the labels of a document of ECMA-376. Newer programs write LabelInfo.xml ([MS-OFFCRYPTO] 2.6.3) and may
// leave old properties behind, so these count only without it.
func ofOpenXML(src *io.SectionReader) ([]Label, error) {
	z, err := zip.NewReader(src, src.Size())
	if err != nil {
		return nil, ErrDamaged
	}
	where, err := infoPart(z)
	if err != nil {
		return nil, err
	}
	info, err := part(z, where)
	if err != nil {
		return nil, err
	}
	if info != nil {
		labels, err := labelInfo(info)
		if err != nil {
			return nil, err
		}
		name(z, labels)
		return labels, nil
	}
	custom, err := part(z, customName)
	if err != nil || custom == nil {
		return nil, err
	}
	return customProperties(custom)
}

// name fills in what LabelInfo.xml has no place for, names and dates, where the properties have them.
func name(z *zip.Reader, labels []Label) {
	custom, err := part(z, customName)
	if err != nil || custom == nil {
		return
	}
	known, err := customProperties(custom)
	if err != nil {
		return
	}
	for i := range labels {
		for _, k := range known {
			if k.ID == labels[i].ID {
				labels[i].Name, labels[i].SetDate = k.Name, k.SetDate
			}
		}
	}
}

// infoPart is the name of the part with labels: where the document's relationship leads, which programs follow, or the
// usual one. A document has at most one such relationship ([MS-OI29500] 3.4.1.5): with two, programs may see another label
// than we do.
func infoPart(z *zip.Reader) (string, error) {
	data, err := part(z, "_rels/.rels")
	if err != nil || data == nil {
		return infoName, err
	}
	all, err := outline(data, everything)
	if err != nil {
		return "", err
	}
	name := ""
	for i := range all {
		if all[i].attr("Type") != infoRel {
			continue
		}
		target := path.Join("/", all[i].attr("Target"))
		if name != "" || len(target) < 2 {
			return "", ErrDamaged
		}
		name = target[1:]
	}
	return either(name, infoName), nil
}

// part returns a part of a document, nil when it has none of the name. Names are compared as Open Packaging does
// (ECMA-376 part 2, 6.2.2.3): without regard to case.
func part(z *zip.Reader, name string) ([]byte, error) {
	for _, f := range z.File {
		if !strings.EqualFold(f.Name, name) {
			continue
		}
		if f.Flags&1 != 0 {
			return nil, ErrHidden
		}
		r, err := f.Open()
		if err != nil {
			return nil, ErrDamaged
		}
		defer r.Close() //nolint:errcheck // it reads
		data, err := io.ReadAll(io.LimitReader(r, maxPart+1))
		if err != nil || len(data) > maxPart {
			return nil, ErrDamaged
		}
		return data, nil
	}
	return nil, nil
}

func labelInfo(data []byte) ([]Label, error) {
	var out []Label
	err := elements(data, func(d *xml.Decoder, e *xml.StartElement) error {
		if e.Name.Local != "label" {
			return nil
		}
		var l Label
		for _, a := range e.Attr {
			if a.Name.Local == "id" {
				l.ID = guid(a.Value)
				continue
			}
			l.set(a.Name.Local, a.Value)
		}
		if l.ID != "" && len(out) < 100 {
			out = append(out, l)
		}
		return nil
	})
	return out, err
}

func customProperties(data []byte) ([]Label, error) {
	p := properties{}
	err := elements(data, func(d *xml.Decoder, e *xml.StartElement) error {
		if e.Name.Local != "property" {
			return nil
		}
		name := ""
		for _, a := range e.Attr {
			if a.Name.Local == "name" {
				name = a.Value
			}
		}
		var value struct {
			Inner []struct {
				Text string `xml:",chardata"`
			} `xml:",any"`
		}
		if err := d.DecodeElement(&value, e); err != nil {
			return err
		}
		if len(value.Inner) > 0 {
			p.set(name, value.Inner[0].Text)
		}
		return nil
	})
	return p.list(), err
}

// elements calls each for every element of a part.
func elements(data []byte, each func(*xml.Decoder, *xml.StartElement) error) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			if e, ok := t.(xml.StartElement); ok {
				err = each(d, &e)
			}
		}
		if err != nil {
			return ErrDamaged
		}
	}
}
