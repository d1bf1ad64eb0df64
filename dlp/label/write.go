package label

import (
	"errors"
	"io"
	"strings"
	"time"
)

// Change is what [Write] does to the copy.
type Change struct {
	// Label takes the place of the label of the same Entra tenant; those of other tenants stay. With an empty ID the
	// labels stay as they are, and only marks are made.
	Label Label
	// Remove takes the label of Label.SiteID away, as a program does when a person removes it: none of the tenant's
	// stays, and nothing says that there was one.
	Remove bool
	// Marking is put on every page, slide or sheet; the zero value makes no marks.
	Marking Marking
}

// ErrUnsupported says that a file is of a kind that can't hold a label, or the marks that were asked for. Documents of
// Word, Excel and PowerPoint of before 2007 are such: their properties are written by no documented means of labelling.
var ErrUnsupported = errors.New("labels can't be written to files of this kind")

// ErrSigned says that a file has a digital signature that the change would break or contradict.
var ErrSigned = errors.New("the file has a digital signature, which the change would break")

// Kind is a kind of file that [Write] can change.
type Kind string

// The kinds.
const (
	Word   Kind = "docx" // also docm, dotx, dotm
	Sheet  Kind = "xlsx" // also xlsm, xltx, xltm, xlam
	Slides Kind = "pptx" // also pptm, potx, potm, ppsx, ppsm
	PDF    Kind = "pdf"
)

// Write copies src to w with the change made. What the change doesn't concern is copied byte by byte: the packed parts
// of an Open XML document, and all of a PDF, which gets an incremental update at its end (ISO 32000-2 7.5.6), so that
// the byte ranges of signatures in it stay as they are.
//
// It writes nothing before it knows that the change can be made, but an error of reading src or writing w may come
// later: a caller throws away what was written then. The error is [ErrHidden] for an encrypted file, [ErrDamaged],
// [ErrUnsupported] or [ErrSigned] where it can't be made, and one of reading or writing otherwise.
func Write(w io.Writer, src *io.SectionReader, c Change) error {
	if c.Label.ID != "" || c.Remove {
		if err := c.Label.valid(c.Remove); err != nil {
			return err
		}
	}
	head := make([]byte, min(1024, src.Size()))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch text := string(head); {
	case strings.HasPrefix(text, "PK\x03\x04"):
		return toOpenXML(w, src, &c)
	case strings.HasPrefix(text, "%PDF-"):
		return toPDF(w, src, &c)
	case strings.HasPrefix(text, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		if _, err := Read(src); errors.Is(err, ErrHidden) {
			return err
		}
	}
	return ErrUnsupported
}

// valid refuses labels that programs wouldn't find again.
func (l *Label) valid(remove bool) error {
	switch {
	case guid(l.SiteID) != l.SiteID || l.SiteID == "":
		return errors.New("a label needs the id of its Entra tenant (siteId), a GUID in lower case")
	case remove:
		return nil
	case guid(l.ID) != l.ID:
		return errors.New("the id of a label is a GUID in lower case, without braces")
	case l.Method != Standard && l.Method != Privileged:
		return errors.New("the method of a label is Standard or Privileged")
	case l.ContentBits&^15 != 0:
		return errors.New("contentBits of a label are 0 to 15")
	case strings.ContainsFunc(l.Name, func(r rune) bool { return r < ' ' || r == 0xfffe || r == 0xffff || r == 0xfffd }):
		return errors.New("the name of a label has no control characters")
	}
	if l.SetDate != "" {
		if _, err := time.Parse(time.RFC3339, l.SetDate); err != nil {
			return errors.New("setDate of a label is a time such as 2026-11-23T10:00:00Z")
		}
	}
	return nil
}

// The methods by which a label came to a file.
const (
	Standard   = "Standard"   // by default or by a rule
	Privileged = "Privileged" // a person chose it
)

// The content bits ([MS-OFFCRYPTO] 2.6.5.4).
const (
	BitHeader     = 1
	BitFooter     = 2
	BitWatermark  = 4
	BitEncryption = 8
)

// field is one of a label's properties by name.
type field struct{ name, value string }

// fields are the properties as the Microsoft Information Protection SDK writes them (its page "Metadata"), in its order.
func (l *Label) fields() []field {
	out := []field{{"Enabled", "true"}}
	if l.SetDate != "" {
		out = append(out, field{"SetDate", l.SetDate})
	}
	out = append(out, field{"Method", l.Method})
	if l.Name != "" {
		out = append(out, field{"Name", l.Name})
	}
	return append(out, field{"SiteId", l.SiteID}, field{"ContentBits", decimal(l.ContentBits)})
}

// KindOf tells which kind of file that [Write] can change src is. The error is one of those of Write.
func KindOf(src *io.SectionReader) (Kind, error) {
	head := make([]byte, min(8, src.Size()))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case strings.HasPrefix(string(head), "%PDF-"):
		return PDF, nil
	case strings.HasPrefix(string(head), "PK\x03\x04"):
		d, err := openDocument(src)
		if err != nil {
			return "", err
		}
		return d.kind, nil
	case strings.HasPrefix(string(head), "\xd0\xcf\x11\xe0"):
		if _, err := Read(src); errors.Is(err, ErrHidden) {
			return "", err
		}
	}
	return "", ErrUnsupported
}
