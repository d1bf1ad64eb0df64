package extract

import (
	"errors"
	"fmt"
	"io"

	"github.com/nwaples/rardecode/v2"
)

// rarText is every file of a RAR archive, versions 1.5 to 7, with its name. The dictionary is bounded by what may be held
// in memory; the model of PPMd, in archives of version 3 alone, by 256 MB in the format itself.
func rarText(x *run, src io.Reader) (err error) {
	defer func() {
		if p := recover(); p != nil { // the library works on what headers claim
			err = badf(Corrupt, "the rar is damaged")
		}
	}()
	r, err := rardecode.NewReader(src, rardecode.MaxDictionarySize(max(x.lim.Member, 1<<20)), rardecode.SkipCheck)
	if err != nil {
		return x.rarError(err)
	}
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return x.rarError(err)
		}
		if err := x.own(h.Name); err != nil {
			return err
		}
		switch {
		case h.IsDir:
			if x.res.Parts++; x.res.Parts > x.lim.Parts {
				return badf(Limited, "more than %d parts", x.lim.Parts)
			}
			continue
		case h.Encrypted || h.HeaderEncrypted:
			err = x.failed(h.Name, badf(Encrypted, "with a password"))
		default:
			err = x.packed(h.Name, rarFile{x, r})
		}
		if err != nil {
			return err
		}
		if x.res.Parts > x.lim.Parts {
			return nil // it is noted
		}
	}
}

// rarFile is a file of an archive, whose errors are told apart.
type rarFile struct {
	x *run
	r *rardecode.Reader
}

func (f rarFile) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = f.x.rarError(err)
	}
	return n, err
}

func (x *run) rarError(err error) error {
	switch {
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted), errors.Is(err, rardecode.ErrBadPassword):
		return badf(Encrypted, "with a password")
	case errors.Is(err, rardecode.ErrMultiVolume):
		return badf(Limited, "it goes on in another file")
	case errors.Is(err, rardecode.ErrDictionaryTooLarge):
		return badf(Limited, "unpacking takes more than %d MB of memory", x.lim.Member>>20)
	case errors.Is(err, rardecode.ErrUnknownVersion), errors.Is(err, rardecode.ErrUnsupportedDecoder), errors.Is(err, rardecode.ErrUnknownDecoder), errors.Is(err, rardecode.ErrUnknownEncryptMethod):
		return badf(Unsupported, "packed in a way that is not read")
	}
	return fmt.Errorf("rar: %w", err)
}
