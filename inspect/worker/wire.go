package worker

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/label"
	"github.com/referee-casb/referee/fault"
)

// Ask is what is to be read of a file.
type Ask struct {
	Text bool `json:"text,omitempty"`
	// Pictures says that the parent reads pictures. [Pool] sets it.
	Pictures bool           `json:"pictures,omitempty"`
	Labels   bool           `json:"labels,omitempty"`
	Limits   extract.Limits `json:"limits"`
	// Own asks for the labels of the file alone, not of files in it, and whether a label can be written; Change for a
	// copy with a change, which goes to the writer. Each stands alone.
	Own    bool          `json:"own,omitempty"`
	Change *label.Change `json:"change,omitempty"`
}

// LabelState says how much of a file's labels was seen.
type LabelState string

// The label states. Anything but LabelsRead means that a label may be there that was not seen.
const (
	LabelsUnread LabelState = ""
	LabelsRead   LabelState = "read"
	LabelsHidden LabelState = "hidden" // in an encrypted file, or in an archive that was not opened
	LabelsBroken LabelState = "broken" // the file is damaged
)

// Answer is what was read. Its text has gone to the writer before.
type Answer struct {
	Result     extract.Result `json:"result"` // zero unless text was asked for
	Labels     []label.Label  `json:"labels,omitempty"`
	LabelState LabelState     `json:"labelState,omitempty"`
	Writable   label.Kind     `json:"writable,omitempty"` // "" for a file that no label can be written to
	Reason     string         `json:"reason,omitempty"`   // why not
}

// order is one file's order as it goes to the process, with the file's descriptor beside it.
type order struct {
	Ask
	Start int64 `json:"start,omitempty"` // where in the descriptor's file it begins
	Size  int64 `json:"size"`
}

// A frame is a kind, a length of four bytes and so many bytes. Text comes in any number of frames; one answer ends it.
const (
	frameText    = 't'
	frameAnswer  = 'a'
	framePicture = 'p' // a picture to be read, see pictures.go
	frameFailed  = 'f' // what was asked for can't be read, and nothing is wrong with the process

	maxText   = 64 << 10
	maxAnswer = 1 << 20
	maxOrder  = 32 << 10
)

func broken(what string) error {
	return fault.New(fault.Unavailable, "inspect worker", "the reading process said something that makes no sense: %s", what)
}

// writeFrame writes one frame.
func writeFrame(w io.Writer, kind byte, body []byte) error {
	head := [5]byte{kind}
	binary.BigEndian.PutUint32(head[1:], uint32(len(body))) //nolint:gosec // at most maxAnswer
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

// textFrames is a writer of text frames.
type textFrames struct{ w *bufio.Writer }

func (t textFrames) Write(p []byte) (int, error) {
	for at := 0; at < len(p); at += maxText {
		if err := writeFrame(t.w, frameText, p[at:min(at+maxText, len(p))]); err != nil {
			return at, err
		}
	}
	return len(p), nil
}

// errFailed is what a process says that could not read what it was asked to.
var errFailed = fault.New(fault.Unavailable, "inspect worker", "the reading process could not read the file")

// readAnswer reads the frames of one file: its text goes to text, whose error ends the reading, and what it asks about
// pictures to these.
func readAnswer(ctx context.Context, r io.Reader, text io.Writer, asked *pictures) (Answer, error) {
	var head [5]byte
	var buf []byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return Answer{}, fault.As(err, fault.Unavailable, "inspect worker", "frame")
		}
		n := int64(binary.BigEndian.Uint32(head[1:]))
		limit := int64(maxAnswer)
		switch head[0] {
		case frameText:
			limit = maxText
		case framePicture:
			if asked == nil {
				return Answer{}, broken("a picture that nobody asked for")
			}
			limit = pictureHead + extract.MaxPixels
		}
		if n > limit {
			return Answer{}, broken("a frame is too long")
		}
		if int64(cap(buf)) < n {
			buf = make([]byte, max(n, maxText))
		}
		buf = buf[:n]
		if _, err := io.ReadFull(r, buf); err != nil {
			return Answer{}, fault.As(err, fault.Unavailable, "inspect worker", "frame")
		}
		switch head[0] {
		case frameText:
			if _, err := text.Write(buf); err != nil {
				return Answer{}, err
			}
		case framePicture:
			if err := asked.read(ctx, buf); err != nil {
				return Answer{}, err
			}
			buf = nil // it may be large
		case frameAnswer:
			return decodeAnswer(buf)
		case frameFailed:
			return Answer{}, errFailed
		default:
			return Answer{}, broken("a frame of an unknown kind")
		}
	}
}

// decodeAnswer reads an answer. Words that it doesn't know are no answers: they must not be taken for good ones.
func decodeAnswer(b []byte) (Answer, error) {
	var a Answer
	if err := json.Unmarshal(b, &a); err != nil {
		return Answer{}, broken("the answer is no JSON of ours")
	}
	switch a.LabelState {
	case LabelsUnread, LabelsRead, LabelsHidden, LabelsBroken:
	default:
		return Answer{}, broken("an unknown state of labels")
	}
	switch a.Result.Status {
	case "", extract.Complete, extract.Limited, extract.Unsupported, extract.Encrypted, extract.Corrupt:
	default:
		return Answer{}, broken("an unknown status")
	}
	return a, nil
}
