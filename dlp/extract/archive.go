package extract

import (
	"archive/tar"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// gzipText is what a gzip packs: one file, its name, and what follows it in the same way.
func gzipText(x *run, r io.Reader) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	defer z.Close() //nolint:errcheck // it reads
	if z.Name != "" || z.Comment != "" {
		if err := x.own(z.Name + "\n" + z.Comment); err != nil {
			return err
		}
	}
	return x.packed("content", z)
}

func bzip2Text(x *run, r io.Reader) error { return x.packed("content", bzip2.NewReader(r)) }

// zstdWindow bounds the memory of a stream; what needs more is refused.
const zstdWindow = 32 << 20

func zstdText(x *run, r io.Reader) error {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(zstdWindow), zstd.WithDecoderMaxWindow(zstdWindow))
	if err != nil {
		return err
	}
	defer z.Close()
	return x.packed("content", z)
}

// tarText is every file of an archive, with its name.
func tarText(x *run, r io.Reader) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := x.own(h.Name + "\n" + h.Linkname); err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			if x.res.Parts++; x.res.Parts > x.lim.Parts {
				return badf(Limited, "more than %d parts", x.lim.Parts)
			}
			continue
		}
		if err := x.packed(h.Name, t); err != nil {
			return err
		}
		if x.res.Parts > x.lim.Parts {
			return nil // it is noted
		}
	}
}
