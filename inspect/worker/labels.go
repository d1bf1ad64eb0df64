package worker

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/label"
)

// Bounds of looking for labels in archives.
const (
	labelDepth  = 4
	labelParts  = 5000
	labelMember = 64 << 20 // bytes of one file in an archive
	labelBytes  = 1 << 30  // bytes unpacked in all
)

// labelReader reads the labels of a file, and of the files in it: a labelled document is no less so in an archive.
type labelReader struct {
	ctx   context.Context
	parts int
	bytes int64
	found []label.Label
	state LabelState
}

// readLabels returns every label of a file and of files in zip archives. Other archives are not opened.
func readLabels(ctx context.Context, src *io.SectionReader) ([]label.Label, LabelState, error) {
	r := &labelReader{ctx: ctx, state: LabelsRead}
	if err := r.read(src, 0); err != nil {
		return nil, LabelsUnread, err
	}
	return r.found, r.state, nil
}

// worse notes that a label may be there that was not seen.
func (r *labelReader) worse(s LabelState) {
	if r.state == LabelsRead {
		r.state = s
	}
}

// closed are the beginnings of archives that are not opened for their labels.
var closed = []string{"\x1f\x8b", "BZh", "\x28\xb5\x2f\xfd", "\xfd7zXZ\x00", "7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07"}

func (r *labelReader) read(src *io.SectionReader, depth int) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if r.parts++; r.parts > labelParts || depth > labelDepth {
		r.worse(LabelsHidden)
		return nil
	}
	found, err := label.Read(src)
	switch {
	case errors.Is(err, label.ErrHidden):
		r.worse(LabelsHidden)
	case errors.Is(err, label.ErrDamaged):
		r.worse(LabelsBroken)
	case err != nil:
		return err
	}
	r.found = append(r.found, found...)
	head := make([]byte, min(4096, src.Size()))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	text := string(head)
	switch kind := extract.Tell(head); {
	case kind == extract.Mail || kind == extract.Mailbox:
		// fail closed: files that a mail carries may have labels, and are not opened for them
		if carries, err := attaches(src); err != nil || carries {
			r.worse(LabelsHidden)
			return err
		}
		return nil
	}
	switch {
	case strings.HasPrefix(text, "PK\x03\x04"):
		return r.archive(src, depth)
	case slices.ContainsFunc(closed, func(s string) bool { return strings.HasPrefix(text, s) }), len(text) > 262 && text[257:262] == "ustar":
		r.worse(LabelsHidden)
	}
	return nil
}

// mailMost is how much of a mail is searched for attachments.
const mailMost = 64 << 20

// attaches reports whether a mail may carry files.
func attaches(src *io.SectionReader) (bool, error) {
	if src.Size() > mailMost {
		return true, nil
	}
	all, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
	lower := bytes.ToLower(all)
	return bytes.Contains(lower, []byte("base64")) || bytes.Contains(lower, []byte("filename")) || bytes.Contains(lower, []byte("message/rfc822")), err
}

// archive looks into a zip. A document's own parts carry no labels but those read already, embedded documents do.
func (r *labelReader) archive(src *io.SectionReader, depth int) error {
	z, err := zip.NewReader(src, src.Size())
	if err != nil {
		r.worse(LabelsBroken)
		return nil
	}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") || plainPart(f.Name) {
			continue
		}
		if f.Flags&1 != 0 {
			r.worse(LabelsHidden)
			continue
		}
		if err := r.member(f, depth); err != nil {
			return err
		}
	}
	return nil
}

// plainPart reports whether a part has a name that only parts of documents have and that carries no label of its own.
func plainPart(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasSuffix(lower, ".xml") || strings.HasSuffix(lower, ".rels")
}

func (r *labelReader) member(f *zip.File, depth int) error {
	in, err := f.Open()
	if err != nil {
		r.worse(LabelsBroken)
		return nil
	}
	defer in.Close()
	left := min(labelMember, labelBytes-r.bytes)
	all, err := io.ReadAll(io.LimitReader(in, left+1))
	r.bytes += int64(len(all))
	switch {
	case err != nil:
		r.worse(LabelsBroken)
		return nil
	case int64(len(all)) > left:
		r.worse(LabelsHidden)
		return nil
	}
	return r.read(io.NewSectionReader(bytes.NewReader(all), 0, int64(len(all))), depth+1)
}
