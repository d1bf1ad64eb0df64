package worker

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/referee-casb/referee/dlp/extract"
)

// Command is the argument with which a binary starts as a reading process. A second one may follow: see [Folder].
const Command = "inspect-worker"

// Extract is what finds the text in a file: [extract.Extract], or it with further readers.
type Extract func(ctx context.Context, src *io.SectionReader, w io.Writer, lim extract.Limits) (extract.Result, error)

// Asked reports whether the process was started to be a reading process: call [Serve] then, before anything else.
func Asked() bool { return (len(os.Args) == 2 || len(os.Args) == 3) && os.Args[1] == Command }

// Folder is where readers that compile code keep it between processes, "" for nowhere. They use it before [Serve], which
// closes the way to all files.
func Folder() string {
	if !Asked() || len(os.Args) < 3 {
		return ""
	}
	return os.Args[2]
}

// Serve is a reading process from its beginning to its end. It returns the code to exit with.
func Serve(x Extract) int {
	conn, lim, err := attach()
	if err != nil {
		return 2
	}
	defer conn.Close()
	if err := confine(lim); err != nil {
		return 3 // what can't be confined reads nothing
	}
	out := bufio.NewWriterSize(conn, maxText+8)
	for {
		o, file, err := conn.order()
		if err != nil {
			return 0 // the parent has gone, or wants no more
		}
		err = work(x, o, file, out, conn)
		_ = file.Close() // it was only read
		if err != nil {
			return 1
		}
	}
}

// work reads one file and answers. An error is one of the socket.
func work(x Extract, o order, file io.ReaderAt, out *bufio.Writer, in io.Reader) error {
	if o.Pictures {
		o.Limits.OCR = asker{out, in}
	}
	a, err := Read(context.Background(), x, o.Ask, io.NewSectionReader(file, o.Start, o.Size), textFrames{out})
	kind, body := byte(frameAnswer), []byte(nil)
	if err == nil {
		body, err = json.Marshal(a)
	}
	if err != nil || len(body) > maxAnswer {
		kind, body = frameFailed, nil
	}
	if err := writeFrame(out, kind, body); err != nil {
		return err
	}
	return out.Flush()
}

// Read reads a file in this very process, as [Serve] does it. A reader that panics has failed.
func Read(ctx context.Context, x Extract, ask Ask, src *io.SectionReader, text io.Writer) (a Answer, err error) {
	defer func() {
		if recover() != nil {
			a, err = Answer{}, errFailed
		}
	}()
	switch {
	case ask.Own:
		return own(src), nil
	case ask.Change != nil:
		return change(src, ask.Change, text)
	}
	if ask.Labels {
		if a.Labels, a.LabelState, err = readLabels(ctx, src); err != nil {
			return Answer{}, err
		}
		a.Labels = a.Labels[:min(len(a.Labels), 1000)]
	}
	if ask.Text {
		a.Result, err = x(ctx, src, text, ask.Limits)
	}
	return a, err
}

// decodeOrder reads an order after its length.
func decodeOrder(r io.Reader) (order, error) {
	var head [4]byte
	var o order
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return o, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxOrder {
		return o, errors.New("the order is too long")
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return o, err
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return o, err
	}
	if o.Size < 0 || o.Start < 0 {
		return o, errors.New("the size or the place is negative")
	}
	return o, nil
}

func encodeOrder(o order) ([]byte, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...), nil //nolint:gosec // a few numbers
}
