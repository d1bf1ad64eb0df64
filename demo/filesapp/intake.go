package filesapp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/referee-casb/referee/fault"
)

// intake receives the bytes of one file, however they arrive, and counts them against the store's budget as
// they come. It ends with commit or with abort. It is not safe for concurrent use.
type intake struct {
	store  *store
	folder folder
	name   string
	typ    string
	by     string
	limit  int64
	over   int // the version that it replaces; 0 means any
	size   int64
	hash   hash.Hash
	buf    bytes.Buffer
	ended  bool // committed or aborted
}

func (a *App) newIntake(fo folder, name, typ, by string) *intake {
	if typ == "" || typ == "application/octet-stream" {
		typ = mediaTypeOf(name)
	}
	return &intake{store: a.store, folder: fo, name: name, typ: typ, by: by, limit: a.cfg.MaxStore / 4, hash: sha256.New()}
}

// Write takes all of p or none of it.
func (in *intake) Write(p []byte) (int, error) {
	if in.ended {
		return 0, fault.New(fault.Conflict, "filesapp.Write", "the upload is finished")
	}
	if !in.folder.Discard {
		if in.size+int64(len(p)) > in.limit {
			return 0, fault.New(fault.Limited, "filesapp.Write", "a file may have at most %d MiB", in.limit>>20)
		}
		if err := in.store.take(int64(len(p))); err != nil {
			return 0, err
		}
		in.buf.Write(p)
	}
	in.hash.Write(p)
	in.size += int64(len(p))
	return len(p), nil
}

// commit makes the file visible, or fails and leaves abort to the caller.
func (in *intake) commit() (*file, error) {
	f := file{Folder: in.folder.ID, Name: in.name, Type: in.typ, Size: in.size, SHA256: hex.EncodeToString(in.hash.Sum(nil)), By: in.by, gone: in.folder.Discard}
	if !in.folder.Discard {
		f.data = in.buf.Bytes()
	}
	stored, err := in.store.put(f, in.over)
	if err != nil {
		return nil, err
	}
	in.ended = true
	return stored, nil
}

// abort gives the budget back. After commit it does nothing.
func (in *intake) abort() {
	if !in.ended {
		in.ended = true
		_ = in.store.take(-int64(in.buf.Len())) // giving back can't fail
		in.buf = bytes.Buffer{}
	}
}

// copyBody moves a request's body into in. It tells a client that went away from a limit that was met.
func copyBody(in *intake, body io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		n, readErr := body.Read(buf)
		if n > 0 {
			if _, err := in.Write(buf[:n]); err != nil {
				return err
			}
		}
		if readErr == io.EOF {
			return nil
		}
		if readErr != nil {
			return fault.As(readErr, fault.Canceled, "filesapp.copyBody", in.name)
		}
	}
}
