package edm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// MaxPiece is how much of a file is uploaded at once, in bytes.
const MaxPiece = 8 << 20

// take marks an upload as being worked at; another request at the same time is refused.
func (s *Store) take(n name) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[n] {
		return nil, &fault.Error{Kind: fault.Conflict, Op: "edm.upload", Key: n.id, Msg: "another upload of this table is going on", Help: "wait until it is done"}
	}
	s.busy[n] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.busy, n)
	}, nil
}

// Put adds a piece to an upload and returns how long it is by now. offset is where the piece belongs: what is there
// already is answered with how far it has got, and 0 begins anew.
func (s *Store) Put(tenant model.TenantID, id string, offset int64, piece []byte) (int64, error) {
	const op = "edm.Put"
	n := name{tenant, id}
	release, err := s.take(n)
	if err != nil {
		return 0, err
	}
	defer release()
	path, err := s.path(n, ".upload")
	if err != nil {
		return 0, err
	}
	used, err := s.used(tenant)
	if err != nil {
		return 0, err
	}
	if used+int64(len(piece)) > s.opt.MaxBytes {
		return 0, &fault.Error{Kind: fault.Limited, Op: op, Key: id, Msg: fmt.Sprintf("the tenant's tables would take more than %d MiB", s.opt.MaxBytes>>20), Help: "remove tables that nothing uses, or columns that nobody needs"}
	}
	flags := os.O_CREATE | os.O_WRONLY
	if offset == 0 {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return 0, fault.As(err, fault.Unavailable, op, path)
	}
	have, err := f.Seek(0, io.SeekEnd)
	if err == nil && have != offset {
		return 0, errors.Join(&fault.Error{Kind: fault.Conflict, Op: op, Key: id, Msg: fmt.Sprintf("the upload has %d bytes, and this piece belongs at %d", have, offset), Help: "go on from there, or begin anew at 0"}, f.Close())
	}
	if err == nil {
		_, err = f.Write(piece)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, fault.As(err, fault.Unavailable, op, path)
	}
	return offset + int64(len(piece)), nil
}

// Finish makes a table of an upload: its bytes must be those of sum (SHA-256, hex), its columns the schema's, and its key
// the one that hashed it. The version before it is removed.
func (s *Store) Finish(ctx context.Context, tenant model.TenantID, schema *edm.Schema, sum string, key edm.Key, author string) (own.TableRow, error) {
	const op = "edm.Finish"
	n := name{tenant, schema.ID}
	release, err := s.take(n)
	if err != nil {
		return own.TableRow{}, err
	}
	defer release()
	upload, err := s.path(n, ".upload")
	if err != nil {
		return own.TableRow{}, err
	}
	f, err := os.Open(upload) //nolint:gosec // our own folder
	if errors.Is(err, fs.ErrNotExist) {
		return own.TableRow{}, &fault.Error{Kind: fault.NotFound, Op: op, Key: schema.ID, Msg: "nothing was uploaded"}
	}
	if err != nil {
		return own.TableRow{}, fault.As(err, fault.Unavailable, op, upload)
	}
	defer f.Close() //nolint:errcheck // it was read
	hash := sha256.New()
	size, err := io.Copy(hash, &whole{ctx, f})
	if err != nil {
		return own.TableRow{}, fault.As(err, fault.Unavailable, op, upload)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); !strings.EqualFold(got, sum) {
		return own.TableRow{}, &fault.Error{Kind: fault.Invalid, Op: op, Key: schema.ID, Msg: "what arrived is not what was sent: its SHA-256 is " + got, Help: "upload it again from the beginning"}
	}
	header, _, err := edm.ReadHeader(f, size)
	switch {
	case err != nil:
		return own.TableRow{}, fault.As(err, fault.Invalid, op, schema.ID)
	case header.Digest != schema.Digest():
		return own.TableRow{}, &fault.Error{Kind: fault.Invalid, Op: op, Key: schema.ID, Msg: "the table was made for other columns than the tenant's schema has", Help: "hash it with the schema that was applied: `referee dlp types show --stored`"}
	case !header.Fits(key):
		return own.TableRow{}, &fault.Error{Kind: fault.Invalid, Op: op, Key: schema.ID, Msg: "the key is not the one that the table was hashed with", Help: "use the key file that `referee dlp edm hash` wrote beside the table"}
	}
	if err := s.room(ctx, n, header); err != nil {
		return own.TableRow{}, err
	}
	version := int64(1)
	old, err := s.opt.Rows.TableRow(ctx, tenant, schema.ID)
	if err == nil {
		version = old.Version + 1
	} else if !fault.Is(err, fault.NotFound) {
		return own.TableRow{}, err
	}
	path, err := s.path(n, versioned(version))
	if err != nil {
		return own.TableRow{}, err
	}
	if _, err := s.buildIndex(f, size, path); err != nil { // which reads every record
		return own.TableRow{}, err
	}
	sealed, err := s.opt.Sealer.Seal(tenant, purpose, []byte(key.Encode()), ad(n, version))
	if err != nil {
		return own.TableRow{}, fault.Wrap(err, op, schema.ID)
	}
	if err := errors.Join(f.Sync(), os.Rename(upload, path)); err != nil {
		return own.TableRow{}, fault.As(err, fault.Unavailable, op, path)
	}
	row := own.TableRow{
		Tenant: tenant, ID: schema.ID, Version: version, Digest: header.Digest, Rows: header.Rows, Bytes: size, SHA256: strings.ToLower(sum), Key: sealed, Author: author, Time: s.opt.Now(),
	}
	if err := s.opt.Rows.PutTable(ctx, row); err != nil {
		return own.TableRow{}, errors.Join(err, s.remove(n, version))
	}
	if old.Version > 0 {
		return row, s.remove(n, old.Version)
	}
	return row, nil
}

// MaxMemory bounds the indexes of a tenant's tables together, in bytes.
const MaxMemory = 512 << 20

// room refuses a table whose index would not fit beside those of the tenant's others.
func (s *Store) room(ctx context.Context, n name, h *edm.Header) error {
	rows, err := s.opt.Rows.TableRows(ctx, n.tenant)
	if err != nil {
		return err
	}
	total := edm.MemoryOf(h)
	for _, r := range rows {
		if r.ID == n.id {
			continue
		}
		path, err := s.path(name{n.tenant, r.ID}, versioned(r.Version))
		if err != nil {
			return err
		}
		f, err := os.Open(path) //nolint:gosec // our own folder
		if err != nil {
			continue // a table that is gone takes no memory
		}
		if have, _, err := edm.ReadHeader(f, r.Bytes); err == nil {
			total += edm.MemoryOf(have)
		}
		_ = f.Close() // it was read
	}
	if total > MaxMemory {
		return &fault.Error{Kind: fault.Limited, Op: "edm.Finish", Key: n.id, Msg: fmt.Sprintf("the tenant's tables would take %d MiB of memory, and %d may be", total>>20, MaxMemory>>20), Help: "remove tables that nothing uses, or search for fewer columns"}
	}
	return nil
}

// whole reads a file until ctx ends.
type whole struct {
	ctx context.Context
	f   io.Reader
}

func (w *whole) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.f.Read(p)
}
