package worker

import (
	"errors"
	"io"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/label"
)

// own reads what a file's own labels are, those of files in it left out, and of which kind it is for [label.Write].
func own(src *io.SectionReader) (a Answer) {
	a.LabelState = LabelsRead
	var err error
	if a.Labels, err = label.Read(src); err == nil {
		a.Writable, err = label.KindOf(src)
	}
	return unwritten(a, err)
}

// change writes the changed copy to w. What keeps it from that is the status of the answer; an error is one of w.
func change(src *io.SectionReader, c *label.Change, w io.Writer) (Answer, error) {
	a := Answer{Result: extract.Result{Status: extract.Complete}}
	err := label.Write(w, src, *c)
	if errors.Is(err, label.ErrHidden) || errors.Is(err, label.ErrDamaged) || errors.Is(err, label.ErrUnsupported) || errors.Is(err, label.ErrSigned) {
		return unwritten(a, err), nil
	}
	return a, err
}

// unwritten says in an answer why a label can't be read or written.
func unwritten(a Answer, err error) Answer {
	a.Labels = a.Labels[:min(len(a.Labels), 1000)]
	switch {
	case err == nil:
		a.Result.Status = extract.Complete
	case errors.Is(err, label.ErrHidden):
		a.LabelState, a.Result.Status = LabelsHidden, extract.Encrypted
	case errors.Is(err, label.ErrUnsupported), errors.Is(err, label.ErrSigned):
		a.Result.Status, a.Reason = extract.Unsupported, err.Error()
	default:
		a.LabelState, a.Result.Status = LabelsBroken, extract.Corrupt
	}
	return a
}
