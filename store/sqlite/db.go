package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/referee-casb/referee/fault"
)

// Sync says how far a write has got when it returns.
type Sync string

// The ways to sync. Normal survives a killed process; Always also a power cut, at the price of a disk flush
// for each group of writes.
const (
	SyncNormal Sync = "normal"
	SyncAlways Sync = "always"
)

// Options configures [Open]. The zero value is good.
type Options struct {
	Sync    Sync             // "" means SyncNormal
	Readers int              // connections for reading; 0 means 4
	Now     func() time.Time // nil means time.Now
	Log     *slog.Logger     // nil means none
	// Existing opens a file that is there, and whose schema is this program's; nothing is made and nothing migrated, so
	// that another process may have it open meanwhile.
	Existing bool
}

// DB is an open database. All methods are safe for concurrent use. Whoever opened it closes it.
type DB struct {
	path  string
	now   func() time.Time
	log   *slog.Logger
	read  *sql.DB
	write *writer

	mu    sync.RWMutex
	stmts map[string]*sql.Stmt // of read, by text
}

// Open opens the database file, making it and its folder when they are not there, and brings its schema up to
// date. Invalid when the file is no database, or was written by a newer Referee.
func Open(ctx context.Context, path string, opt Options) (*DB, error) {
	const op = "sqlite.Open"
	if opt.Readers == 0 {
		opt.Readers = 4
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	synchronous := "NORMAL"
	switch opt.Sync {
	case SyncAlways:
		synchronous = "FULL"
	case SyncNormal, "":
	default:
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: string(opt.Sync), Msg: "is no way to sync", Help: `use "normal" or "always"`}
	}
	if opt.Existing {
		if _, err := os.Stat(path); err != nil {
			return nil, fault.As(err, fault.NotFound, op, path)
		}
	} else if err := prepareFile(path); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, path)
	}
	w, err := openWriter(ctx, dsn(path, "journal_mode(WAL)", "synchronous("+synchronous+")", "foreign_keys(1)"), opt)
	if err != nil {
		return nil, fault.Wrap(err, op, path)
	}
	read, err := sql.Open("sqlite", dsn(path, "query_only(1)"))
	if err == nil {
		read.SetMaxOpenConns(opt.Readers)
		read.SetMaxIdleConns(opt.Readers)
		err = read.PingContext(ctx)
	}
	if err != nil {
		w.close()
		return nil, fault.Wrap(classify(err), op, path)
	}
	return &DB{path: path, now: opt.Now, log: opt.Log, read: read, write: w, stmts: map[string]*sql.Stmt{}}, nil
}

// prepareFile makes folder and file before SQLite does, so that nobody but the owner can read them.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func dsn(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{"busy_timeout(5000)", "temp_store(MEMORY)"}, pragmas...)}
	u := url.URL{Scheme: "file", Path: path, OmitHost: true, RawQuery: q.Encode()}
	if !filepath.IsAbs(path) {
		u.Path, u.Opaque = "", (&url.URL{Path: path}).EscapedPath()
	}
	return u.String()
}

// Close waits for the writes that were asked for, and closes the file.
func (db *DB) Close() error {
	werr := db.write.close()
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, s := range db.stmts {
		s.Close()
	}
	clear(db.stmts)
	return classify(errors.Join(werr, db.read.Close()))
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	return classify(db.query(ctx, `SELECT 1`, nil, func(s scanner) error { var n int; return s.Scan(&n) }))
}

// prepared returns a statement of the readers, made once.
func (db *DB) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	db.mu.RLock()
	s := db.stmts[text]
	db.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if s = db.stmts[text]; s != nil {
		return s, nil
	}
	s, err := db.read.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	db.stmts[text] = s
	return s, nil
}

// scanner is a row of a result.
type scanner interface{ Scan(dest ...any) error }

// query calls each for every row. Statement texts are constants of this package.
func (db *DB) query(ctx context.Context, text string, args []any, each func(scanner) error) error {
	s, err := db.prepared(ctx, text)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one calls scan for the only row, and returns NotFound when there is none.
func (db *DB) one(ctx context.Context, op, key, text string, args []any, scan func(scanner) error) error {
	found := false
	err := db.query(ctx, text, args, func(s scanner) error { found = true; return scan(s) })
	if err == nil && !found {
		return &fault.Error{Kind: fault.NotFound, Op: op, Key: key, Msg: "is not there"}
	}
	return wrap(err, op, key)
}

// wrap gives an engine's error a kind and adds the operation, once per border.
func wrap(err error, op, key string) error { return fault.Wrap(classify(err), op, key) }

// nanos is a time as rows hold it.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// moment is the opposite of nanos.
func moment(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
