package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

const suffix = ".duckdb"

type fileKey struct {
	tenant model.TenantID
	month  activitylog.Month
}

// file is a tenant's month.
type file struct {
	key  fileKey
	path string

	// use is held for reading by whoever queries or appends, and for writing by what attaches, detaches or removes.
	use   sync.RWMutex
	alias string // the attached database's name; "" when the file is not open
	// bad is why it is not opened: it made the engine give up when it was as badInfo says.
	bad     error
	badInfo os.FileInfo

	write sync.Mutex // one append at a time
	used  int64      // Log.clock at the last use; guarded by Log.mu

	settled settled
	held    held
}

func (l *Log) path(k fileKey) string {
	return filepath.Join(l.opt.Dir, string(k.tenant), string(k.month)+suffix)
}

// months returns the tenant's months that have a file, oldest first.
func (l *Log) months(tenant model.TenantID) ([]activitylog.Month, error) {
	if err := tenant.Validate(); err != nil { // it becomes part of a path
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(l.opt.Dir, string(tenant)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, "duckdb.months", string(tenant))
	}
	var out []activitylog.Month
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if m := activitylog.Month(name); ok && m.Validate() == nil {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out, nil
}

// errAbsent says that a month has no file.
var errAbsent = errors.New("there is no file")

// open returns a month's file, attached, held for reading: the caller calls f.use.RUnlock. Without make, a file that
// is not there is errAbsent.
func (l *Log) open(ctx context.Context, k fileKey, makeIt bool) (*file, error) {
	if err := errors.Join(k.tenant.Validate(), k.month.Validate()); err != nil { // they become a path
		return nil, fault.As(err, fault.Invalid, "duckdb.open", "")
	}
	f := l.file(k)
	for {
		f.use.RLock()
		if f.alias != "" {
			return f, nil
		}
		f.use.RUnlock()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := l.attach(f, makeIt); err != nil {
			return nil, err
		}
		l.evict(f)
	}
}

// file returns a month's entry, and notes that it is used.
func (l *Log) file(k fileKey) *file {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.files[k]
	if f == nil {
		f = &file{key: k, path: l.path(k)}
		l.files[k] = f
	}
	l.clock++
	f.used = l.clock
	return f
}

// attach opens a file unless somebody just did. It does not end with the request that wanted it: others wait for it.
func (l *Log) attach(f *file, makeIt bool) error {
	f.use.Lock()
	defer f.use.Unlock()
	if f.alias != "" {
		return nil
	}
	ctx := context.Background()
	switch info, err := os.Stat(f.path); {
	case err == nil:
		if err := f.isBad(info); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fault.As(err, fault.Unavailable, "duckdb.attach", f.path)
	case !makeIt:
		return errAbsent
	default:
		if err := l.makeFile(ctx, f); err != nil {
			return err
		}
	}
	alias, err := l.attachPath(ctx, f.path)
	if err != nil {
		return explain(err, f.path)
	}
	ok, err := fits(ctx, l.engine.db, alias, f.path)
	if err == nil && !ok {
		err = l.rebuild(ctx, f, alias) // detaches
		if err == nil {
			alias, err = l.attachPath(ctx, f.path)
		}
	} else if err != nil {
		l.detach(alias, f.path)
	}
	if err != nil {
		return fault.Wrap(err, "duckdb.attach", f.path)
	}
	f.alias = alias
	return nil
}

// makeFile makes a file with empty tables. It gets its name when it is complete, so that a killed process never
// leaves half a file under it.
func (l *Log) makeFile(ctx context.Context, f *file) error {
	const op = "duckdb.make"
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fault.As(err, fault.Unavailable, op, f.path)
	}
	fresh, err := l.freshPath(f)
	if err != nil {
		return err
	}
	if err := makeAlone(ctx, l.opt, fresh); err != nil {
		return classify(ctx, err, op, fresh)
	}
	return publish(fresh, f.path)
}

// freshPath returns the name under which a file is made, cleared of what a killed process left.
func (l *Log) freshPath(f *file) (string, error) {
	fresh := f.path + ".new"
	for _, name := range []string{fresh, fresh + ".wal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fault.As(err, fault.Unavailable, "duckdb.make", name)
		}
	}
	return fresh, nil
}

// publish gives a complete, detached file its name, durably.
func publish(fresh, path string) error {
	const op = "duckdb.make"
	if err := os.Chmod(fresh, 0o600); err != nil {
		return fault.As(err, fault.Unavailable, op, fresh)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fault.As(err, fault.Unavailable, op, path)
	}
	return fault.As(syncDir(filepath.Dir(path)), fault.Unavailable, op, path)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

// attachPath attaches a file under a new name. The engine closes a detached file when the last transaction that
// began before has ended, wherever that one looks; until then it refuses the path, so a little patience is due.
func (l *Log) attachPath(ctx context.Context, path string) (alias string, err error) {
	for wait := time.Millisecond; ; wait *= 2 {
		l.mu.Lock()
		l.clock++
		alias = fmt.Sprintf("f%d", l.clock)
		l.mu.Unlock()
		_, err = l.engine.db.ExecContext(ctx, attachStatement(path, alias))
		if err == nil || wait > attachPatience || !strings.Contains(err.Error(), "Unique file handle conflict") {
			return alias, err
		}
		select {
		case <-ctx.Done():
			return alias, err
		case <-time.After(wait):
		}
	}
}

// attachPatience bounds the last wait; all together take about twice as long.
const attachPatience = 4 * time.Second

// detach folds the file's log into it and closes it. Nobody may be using it.
func (l *Log) detach(alias, path string) error {
	_, err := l.engine.db.ExecContext(context.Background(), "CHECKPOINT "+alias)
	if err != nil {
		// The log beside the file keeps what was committed; the next attach reads it.
		l.log.Warn("activity file's log was not folded in", "file", path, "err", err)
	}
	_, err = l.engine.db.ExecContext(context.Background(), "DETACH "+alias)
	return err
}

// evict closes the files that were not used for longest, until no more than MaxOpen are open. Files in use stay, and so
// does keep, which is about to be used.
func (l *Log) evict(keep *file) {
	l.mu.Lock()
	byUse := make([]*file, 0, len(l.files))
	for _, f := range l.files {
		byUse = append(byUse, f)
	}
	slices.SortFunc(byUse, func(a, b *file) int { return int(b.used - a.used) })
	l.mu.Unlock()
	if len(byUse) <= l.opt.MaxOpen {
		return
	}
	open := 0
	for _, f := range byUse {
		if f == keep || !f.use.TryLock() {
			open++
			continue
		}
		if f.alias != "" {
			if open++; open > l.opt.MaxOpen {
				if err := l.detach(f.alias, f.path); err != nil {
					l.log.Warn("activity file was not closed", "file", f.path, "err", err)
				} else {
					f.alias = ""
				}
			}
		}
		f.use.Unlock()
	}
}

// detachAll closes every file; nothing runs.
func (l *Log) detachAll() {
	for _, f := range l.files {
		if f.alias == "" {
			continue
		}
		if err := l.detach(f.alias, f.path); err != nil {
			l.log.Warn("activity file was not closed", "file", f.path, "err", err)
		}
		f.alias = ""
	}
}

// forgetAll says that no file is open any more, because the engine is gone; nothing runs.
func (l *Log) forgetAll() {
	for _, f := range l.files {
		f.alias = ""
	}
}
