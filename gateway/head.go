package gateway

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/referee-casb/referee/gateway/recognise"
)

// The decoders of heads are kept: making one costs more than the few bytes that it decodes.
var (
	gzips   = sync.Pool{New: func() any { return new(gzip.Reader) }}
	brotlis = sync.Pool{New: func() any { return brotli.NewReader(nil) }}
	zstds   = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
		if err != nil {
			panic(err) // only for options that contradict each other
		}
		return d
	}}
)

// plainHead removes the content coding from the first bytes of an answer as far as they go. ok is false when the coding is
// not one that can be read: what the bytes are can't be told then.
func plainHead(raw []byte, coding string) (head []byte, ok bool) {
	list := strings.Split(coding, ",")
	if len(list) > 3 {
		return nil, false
	}
	head = raw
	for i := len(list) - 1; i >= 0; i-- {
		switch strings.ToLower(strings.TrimSpace(list[i])) {
		case "", "identity":
		case "gzip", "x-gzip":
			z := gzips.Get().(*gzip.Reader)
			var out []byte
			if z.Reset(bytes.NewReader(head)) == nil {
				out = some(z)
			}
			gzips.Put(z)
			head = out
		case "br":
			z := brotlis.Get().(*brotli.Reader)
			var out []byte
			if z.Reset(bytes.NewReader(head)) == nil {
				out = some(z)
			}
			brotlis.Put(z)
			head = out
		case "zstd":
			z := zstds.Get().(*zstd.Decoder)
			var out []byte
			if z.Reset(bytes.NewReader(head)) == nil {
				out = some(z)
			}
			_ = z.Reset(nil) // lets go of the bytes
			zstds.Put(z)
			head = out
		case "deflate":
			if z, err := zlib.NewReader(bytes.NewReader(head)); err == nil {
				head = some(z)
			} else {
				head = some(flate.NewReader(bytes.NewReader(head)))
			}
		default:
			return nil, false
		}
	}
	return head, true
}

// some reads up to a head's size and takes what there is before an error: the input was cut off.
func some(r io.Reader) []byte {
	out := make([]byte, recognise.HeadSize)
	n := 0
	for n < len(out) {
		k, err := r.Read(out[n:])
		n += k
		if err != nil {
			break
		}
	}
	return out[:n]
}
