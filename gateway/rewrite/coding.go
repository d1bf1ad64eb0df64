package rewrite

import (
	"bufio"
	"compress/flate"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/referee-casb/referee/fault"
)

// maxWindow bounds the memory of a zstd decoder; RFC 9659 lets a web server use at most 8 MB.
const maxWindow = 8 << 20

// maxCodings bounds how many codings may lie over each other.
const maxCodings = 3

// encoder writes a content coding piece by piece.
type encoder interface {
	io.Writer
	Flush() error
	Close() error
}

// Decode removes the codings that a Content-Encoding lists from a body that is looked at and not rewritten. Bounding what
// comes out is the caller's.
func Decode(src io.ReadCloser, codings string) (io.ReadCloser, error) { return decoder(src, codings) }

// decoder removes the codings that a Content-Encoding lists, the last one first (RFC 9110 section 8.4).
func decoder(src io.ReadCloser, codings string) (io.ReadCloser, error) {
	list := strings.Split(codings, ",")
	if len(list) > maxCodings {
		return nil, fault.New(fault.Invalid, "rewrite", "more than %d content codings", maxCodings)
	}
	out := src
	for i := len(list) - 1; i >= 0; i-- {
		in := out
		switch c := strings.ToLower(strings.TrimSpace(list[i])); c {
		case "", "identity":
		case "gzip", "x-gzip":
			out = &lazy{open: func() (io.Reader, error) { return gzip.NewReader(in) }}
		case "br":
			out = &lazy{open: func() (io.Reader, error) { return brotli.NewReader(in), nil }}
		case "zstd":
			out = &lazy{open: func() (io.Reader, error) {
				d, err := zstd.NewReader(in, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
				if err != nil {
					return nil, err
				}
				return d.IOReadCloser(), nil
			}}
		case "deflate":
			out = &lazy{open: func() (io.Reader, error) { return inflater(in) }}
		default:
			return nil, &fault.Error{Kind: fault.Invalid, Op: "rewrite", Key: c, Msg: "unknown content coding"}
		}
	}
	return out, nil
}

// inflater reads "deflate", which means zlib by RFC 9110 and raw deflate by some servers.
func inflater(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (uint16(head[0])<<8|uint16(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// lazy opens a decoder at the first read, since opening reads the stream's head and must not block New.
type lazy struct {
	open func() (io.Reader, error)
	r    io.Reader
	err  error
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.r == nil && l.err == nil {
		if l.r, l.err = l.open(); l.err != nil && l.err != io.EOF {
			l.err = fault.As(l.err, fault.Invalid, "rewrite", "content coding")
		}
	}
	if l.err != nil {
		return 0, l.err
	}
	return l.r.Read(p)
}

func (l *lazy) Close() error {
	if c, ok := l.r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// choose picks the coding to write: the cheapest that the client takes.
func choose(accept string) string {
	for _, c := range []string{"zstd", "gzip", "br"} {
		for token := range strings.SplitSeq(accept, ",") {
			name, q, _ := strings.Cut(token, ";")
			if strings.EqualFold(strings.TrimSpace(name), c) && strings.ReplaceAll(q, " ", "") != "q=0" {
				return c
			}
		}
	}
	return ""
}

func newEncoder(w io.Writer, coding string) (encoder, error) {
	switch coding {
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "br":
		return brotli.NewWriterLevel(w, 2), nil
	}
	return identity{w}, nil
}

// identity writes without a coding.
type identity struct{ io.Writer }

func (identity) Flush() error { return nil }
func (identity) Close() error { return nil }
