package edm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Sealer seals tables' keys; *vault.Vault is one.
type Sealer interface {
	Seal(tenant model.TenantID, purpose string, plaintext, ad []byte) ([]byte, error)
	Open(tenant model.TenantID, purpose string, sealed, ad []byte) ([]byte, error)
}

// purpose is that of the keys in the vault.
const purpose = "edm key"

// Options of a store.
type Options struct {
	Dir      string // of the tables, for this process only
	Rows     own.TableStore
	Sealer   Sealer
	Now      func() time.Time
	MaxBytes int64 // of a tenant's files together, uploads included; 0: 16 GiB
}

// Store keeps the tables of all tenants. It is safe for concurrent use.
type Store struct {
	opt  Options
	mu   sync.Mutex
	open map[name]*opened
	busy map[name]bool // uploads that a request works at
}

type name struct {
	tenant model.TenantID
	id     string
}

type opened struct {
	mu      sync.Mutex // while it is opened: other tables don't wait
	version int64
	sum     string // a tenant that was removed and made anew counts from 1 again
	table   *edm.Table
}

var _ own.Tables = (*Store)(nil)

// Open makes a store over a folder, which it makes if need be.
func Open(opt Options) (*Store, error) {
	if opt.MaxBytes == 0 {
		opt.MaxBytes = 16 << 30
	}
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, fault.As(err, fault.Unavailable, "edm.Open", opt.Dir)
	}
	return &Store{opt: opt, open: map[name]*opened{}, busy: map[name]bool{}}, nil
}

var plain = regexp.MustCompile(`^[a-z0-9]+(?:[-.][a-z0-9]+)*$`)

// path is that of a file of a table. Tenants and ids become names of files only when they can mean nothing else.
func (s *Store) path(n name, suffix string) (string, error) {
	if !plain.MatchString(string(n.tenant)) || !plain.MatchString(n.id) {
		return "", fault.New(fault.Invalid, "edm.path", "%q is not the name of a table", n.id)
	}
	dir := filepath.Join(s.opt.Dir, string(n.tenant))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fault.As(err, fault.Unavailable, "edm.path", dir)
	}
	return filepath.Join(dir, n.id+suffix), nil
}

func versioned(version int64) string { return fmt.Sprintf("@%d.edm", version) }

// Table implements [own.Tables].
func (s *Store) Table(ctx context.Context, tenant model.TenantID, schema *edm.Schema) (*edm.Table, error) {
	const op = "edm.Table"
	row, err := s.opt.Rows.TableRow(ctx, tenant, schema.ID)
	if err != nil {
		return nil, err
	}
	if row.Digest != schema.Digest() {
		return nil, &fault.Error{Kind: fault.NotFound, Op: op, Key: schema.ID, Msg: "the table was made for other columns than the schema has", Help: "hash it again with the schema as it is, and upload it"}
	}
	n := name{tenant, schema.ID}
	s.mu.Lock()
	have := s.open[n]
	if have == nil {
		have = &opened{}
		s.open[n] = have
	}
	s.mu.Unlock()
	have.mu.Lock()
	defer have.mu.Unlock()
	if have.table != nil && have.version == row.Version && have.sum == row.SHA256 {
		return have.table, nil
	}
	table, err := s.load(n, row)
	if err != nil {
		return nil, fault.Wrap(err, op, schema.ID)
	}
	have.version, have.sum, have.table = row.Version, row.SHA256, table // the old one's file is closed when the last scan lets go of it
	return table, nil
}

// load opens a table's file. An index that can't be read is made again: it says nothing that the file doesn't.
func (s *Store) load(n name, row own.TableRow) (*edm.Table, error) {
	key, err := s.key(n, row)
	if err != nil {
		return nil, err
	}
	path, err := s.path(n, versioned(row.Version))
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path) //nolint:gosec // our own folder
	if err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: "edm.load", Key: path, Msg: "the table's file can't be opened", Help: "upload the table again", Err: err}
	}
	index, err := s.index(f, row.Bytes, path)
	if err == nil {
		var table *edm.Table
		if table, err = edm.NewTable(f, index, key); err == nil {
			return table, nil
		}
	}
	return nil, errors.Join(fault.As(err, fault.Unavailable, "edm.load", path), f.Close())
}

func (s *Store) index(f *os.File, size int64, path string) (*edm.Index, error) {
	if kept, err := os.Open(path + ".index"); err == nil { //nolint:gosec // our own folder
		index, err := edm.ReadIndex(kept, f, size)
		_ = kept.Close() // it was read
		if err == nil {
			return index, nil
		}
	}
	return s.buildIndex(f, size, path)
}

func (s *Store) buildIndex(f *os.File, size int64, path string) (*edm.Index, error) {
	const op = "edm.index"
	index, err := edm.BuildIndex(f, size)
	if err != nil {
		return nil, fault.As(err, fault.Invalid, op, "")
	}
	out, err := os.OpenFile(path+".index", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, path)
	}
	_, err = index.WriteTo(out)
	if err = errors.Join(err, out.Close()); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, path)
	}
	return index, nil
}

// ad binds a sealed key to its table.
func ad(n name, version int64) []byte { return fmt.Appendf(nil, "%s@%d", n.id, version) }

func (s *Store) key(n name, row own.TableRow) (edm.Key, error) {
	text, err := s.opt.Sealer.Open(n.tenant, purpose, row.Key, ad(n, row.Version))
	if err != nil {
		return edm.Key{}, err
	}
	key, err := edm.ParseKey(string(text))
	return key, fault.As(err, fault.Internal, "edm.key", n.id)
}

// List returns what is known of a tenant's tables.
func (s *Store) List(ctx context.Context, tenant model.TenantID) ([]own.TableRow, error) {
	return s.opt.Rows.TableRows(ctx, tenant)
}

// Delete removes a table with its files.
func (s *Store) Delete(ctx context.Context, tenant model.TenantID, id string) error {
	n := name{tenant, id}
	row, err := s.opt.Rows.TableRow(ctx, tenant, id)
	if err != nil {
		return err
	}
	if err := s.opt.Rows.DeleteTable(ctx, tenant, id); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.open, n)
	s.mu.Unlock()
	return s.remove(n, row.Version)
}

func (s *Store) remove(n name, version int64) error {
	path, err := s.path(n, versioned(version))
	if err != nil {
		return err
	}
	for _, p := range []string{path, path + ".index"} {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.As(err, fault.Unavailable, "edm.remove", p)
		}
	}
	return nil
}

// used is how many bytes a tenant's files have.
func (s *Store) used(tenant model.TenantID) (int64, error) {
	entries, err := os.ReadDir(filepath.Join(s.opt.Dir, string(tenant)))
	if err != nil {
		return 0, fault.As(err, fault.Unavailable, "edm.used", string(tenant))
	}
	n := int64(0)
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
	}
	return n, nil
}

// staleUpload is how old an upload becomes that nobody finishes.
const staleUpload = 24 * time.Hour

// Sweep removes the files of tenants that are not there any more, and uploads that nobody finished.
func (s *Store) Sweep(tenants []model.TenantID) error {
	const op = "edm.Sweep"
	folders, err := os.ReadDir(s.opt.Dir)
	if err != nil {
		return fault.As(err, fault.Unavailable, op, s.opt.Dir)
	}
	for _, d := range folders {
		dir := filepath.Join(s.opt.Dir, d.Name())
		if !slices.Contains(tenants, model.TenantID(d.Name())) {
			if err := os.RemoveAll(dir); err != nil {
				return fault.As(err, fault.Unavailable, op, dir)
			}
			continue
		}
		uploads, err := filepath.Glob(filepath.Join(dir, "*.upload"))
		if err != nil {
			return fault.As(err, fault.Internal, op, dir)
		}
		for _, u := range uploads {
			if info, err := os.Stat(u); err == nil && s.opt.Now().Sub(info.ModTime()) > staleUpload {
				if err := os.Remove(u); err != nil {
					return fault.As(err, fault.Unavailable, op, u)
				}
			}
		}
	}
	return nil
}
