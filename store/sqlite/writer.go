package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Bounds of a group of writes.
const (
	groupMax   = 256
	queueMax   = 1024
	commitTime = 30 * time.Second // longer than the busy timeout; what takes this long is broken
)

// writer owns the only connection that writes. While one group is on its way to disk the next gathers, so that
// a flush is shared by all who wait for one.
type writer struct {
	pool  *sql.DB
	conn  *sql.Conn
	log   *slog.Logger
	stmts map[string]*sql.Stmt // used by the writing goroutine only

	jobs chan *job
	quit chan struct{}
	done chan struct{}
	once sync.Once
	cerr error
}

// job is one write: all of it happens, or nothing.
type job struct {
	ctx    context.Context
	do     func(*tx) error
	single bool // at most one statement that changes anything, which needs no savepoint
	err    error
	done   chan struct{}
}

// tx is what a job works with; it is good within the job only.
type tx struct {
	w   *writer
	ctx context.Context
}

func openWriter(ctx context.Context, dsn string, opt Options) (*writer, error) {
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, classify(err)
	}
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	switch {
	case err != nil:
	case opt.Existing:
		err = current(ctx, conn)
	default:
		err = migrate(ctx, conn)
	}
	if err != nil {
		if conn != nil {
			conn.Close()
		}
		pool.Close()
		return nil, classify(err)
	}
	w := &writer{pool: pool, conn: conn, log: opt.Log, stmts: map[string]*sql.Stmt{}, jobs: make(chan *job, queueMax), quit: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w, nil
}

// close finishes what was asked for and ends the goroutine.
func (w *writer) close() error {
	w.once.Do(func() {
		close(w.quit)
		<-w.done
		for _, s := range w.stmts {
			s.Close()
		}
		w.conn.Close()
		w.cerr = w.pool.Close()
	})
	return w.cerr
}

// do runs a job of several statements and waits until it is committed. When ctx ends first, whether the write
// happened is not known.
func (w *writer) do(ctx context.Context, f func(*tx) error) error { return w.submit(ctx, f, false) }

// exec runs one statement, waits until it is committed, and returns how many rows it changed.
func (w *writer) exec(ctx context.Context, text string, args ...any) (n int64, err error) {
	err = w.submit(ctx, func(t *tx) error { n, err = t.exec(text, args...); return err }, true)
	return n, err
}

var errClosed = &fault.Error{Kind: fault.Unavailable, Op: "sqlite", Msg: "the database is closed"}

func (w *writer) submit(ctx context.Context, f func(*tx) error, single bool) error {
	j := &job{ctx: ctx, do: f, single: single, done: make(chan struct{})}
	select {
	case <-w.quit:
		return errClosed
	default:
	}
	select {
	case w.jobs <- j:
	case <-w.quit:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		return ctx.Err()
	case <-w.done: // closed while the job came in: it was either done, or never will be
		select {
		case <-j.done:
			return j.err
		default:
			return errClosed
		}
	}
}

func (w *writer) run() {
	defer close(w.done)
	group := make([]*job, 0, groupMax)
	for {
		group = group[:0]
		select {
		case j := <-w.jobs:
			group = append(group, j)
		case <-w.quit:
			select {
			case j := <-w.jobs: // what was asked for before the end is still done
				group = append(group, j)
			default:
				return
			}
		}
	gather:
		for len(group) < groupMax {
			select {
			case j := <-w.jobs:
				group = append(group, j)
			default:
				break gather
			}
		}
		w.commit(group)
		for _, j := range group {
			close(j.done)
		}
		clear(group)
	}
}

// commit runs a group in one transaction. A job that fails leaves no trace and does not touch the others.
func (w *writer) commit(group []*job) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	fail := func(err error) {
		for _, j := range group {
			j.err = err
		}
	}
	t := &tx{w: w, ctx: ctx}
	if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
		fail(err)
		return
	}
	for _, j := range group {
		if j.err = j.ctx.Err(); j.err != nil {
			continue // nobody waits for it any more
		}
		if err := w.runJob(t, j); err != nil { // the transaction itself is broken
			w.rollback()
			fail(err)
			return
		}
	}
	if _, err := t.exec("COMMIT"); err != nil {
		w.rollback()
		w.log.LogAttrs(ctx, slog.LevelError, "writes not committed", slog.Int("writes", len(group)), slog.Any("err", err))
		fail(err)
	}
}

// rollback ends what is left of a transaction. It has a time of its own: on a context that has ended nothing would be
// taken back, and every transaction after it would find itself within this one.
func (w *writer) rollback() {
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	t := &tx{w: w, ctx: ctx}
	if _, err := t.exec("ROLLBACK"); err != nil {
		w.log.LogAttrs(ctx, slog.LevelDebug, "nothing to take back", slog.Any("err", err)) // SQLite did it itself
	}
}

// runJob runs one job and returns an error only when the whole transaction can't go on.
func (w *writer) runJob(t *tx, j *job) error {
	if j.single {
		j.err = guard(j.do, t)
		return broken(j.err)
	}
	if _, err := t.exec("SAVEPOINT job"); err != nil {
		return err
	}
	if j.err = guard(j.do, t); j.err != nil {
		if err := broken(j.err); err != nil {
			return err
		}
		if _, err := t.exec("ROLLBACK TO job"); err != nil {
			return err
		}
	}
	_, err := t.exec("RELEASE job")
	return err
}

// broken returns an error after which SQLite may have rolled back the whole transaction by itself, such as that
// of a full disk: what followed would run outside of one.
func broken(err error) error {
	if err != nil && fault.Is(classify(err), fault.Unavailable) {
		return err
	}
	return nil
}

// guard turns a panic of a caller's function into an error, for the others' sake.
func guard(do func(*tx) error, t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "sqlite.write", "panic: %v", p)
		}
	}()
	return do(t)
}

func (t *tx) prepared(text string) (*sql.Stmt, error) {
	if s := t.w.stmts[text]; s != nil {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(t.ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	t.w.stmts[text] = s
	return s, nil
}

// exec runs one statement and returns how many rows it changed.
func (t *tx) exec(text string, args ...any) (int64, error) {
	s, err := t.prepared(text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row scans the first row of a query; found is false when there is none.
func (t *tx) row(text string, args []any, dest ...any) (found bool, err error) {
	s, err := t.prepared(text)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(t.ctx, args...).Scan(dest...)
	if err == sql.ErrNoRows {
		return false, nil
	}
	return err == nil, err
}
