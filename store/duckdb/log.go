package duckdb

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
)

var (
	_ activitylog.Log      = (*Log)(nil)
	_ activitylog.Writer   = (*Log)(nil)
	_ activitylog.Retainer = (*Log)(nil)
	_ io.Closer            = (*Log)(nil)
)

// Options configures [Open]. All but Dir may be zero.
type Options struct {
	Dir          string        // of the files; made when it is not there
	MaxOpen      int           // files kept open, about 1.5 MB each; 0 means 64. A query over more months has more open while it runs
	MemoryLimit  int64         // bytes for all files and queries together; 0 means 512 MiB
	Threads      int           // for all queries together; 0 means 2
	TempLimit    int64         // bytes that queries may put on disk together; 0 means 1 GiB
	QueryTimeout time.Duration // of one query, or of one page of an export; 0 means 30 s

	// Intake holds rows that come in small batches; nil means that every batch is written to its file at once, which costs
	// some 27 kB and a flush of the disk each. What it holds is moved after HoldFor; 0 means 2 minutes.
	Intake  activitylog.Intake
	HoldFor time.Duration

	Now func() time.Time // for relative times in filters; nil means time.Now
	Log *slog.Logger     // nil means none
}

// Log is an open activity log. All methods are safe for concurrent use. Whoever opened it closes it.
type Log struct {
	opt  Options
	log  *slog.Logger
	lock *dirLock

	pageBytes int // the constant, or less in tests

	// life is held for reading by every operation, and for writing by what replaces or closes the instance.
	life   sync.RWMutex
	engine *engine
	closed bool

	mu    sync.Mutex
	files map[fileKey]*file
	clock int64 // grows with every use of a file

	nudged          chan struct{} // tend has something to do
	closing, tended chan struct{} // closed when tend should end, and when it has
	closeOnce       sync.Once
}

// Open opens the log in a folder, which belongs to one process at a time. Files are opened when they are needed.
func Open(opt Options) (*Log, error) {
	const op = "duckdb.Open"
	if opt.Dir == "" {
		return nil, fault.New(fault.Invalid, op, "the folder is missing")
	}
	dir, err := filepath.Abs(opt.Dir)
	if err != nil {
		return nil, fault.As(err, fault.Invalid, op, opt.Dir)
	}
	opt = opt.withDefaults(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, dir)
	}
	lock, err := lockDir(filepath.Join(dir, ".lock"))
	if err != nil {
		return nil, err
	}
	l := &Log{
		opt: opt, log: opt.Log, lock: lock, pageBytes: pageBytes, files: map[fileKey]*file{},
		nudged: make(chan struct{}, 1), closing: make(chan struct{}), tended: make(chan struct{}),
	}
	if opt.Intake != nil {
		err = l.remember(context.Background())
	}
	if err == nil {
		l.engine, err = openEngine(opt)
	}
	if err != nil {
		_ = lock.release() // nothing was written
		return nil, fault.Wrap(err, op, dir)
	}
	if opt.Intake != nil {
		go l.tend()
	} else {
		close(l.tended)
	}
	return l, nil
}

func (opt Options) withDefaults(dir string) Options {
	opt.Dir = dir
	if opt.MaxOpen <= 0 {
		opt.MaxOpen = 64
	}
	if opt.MemoryLimit <= 0 {
		opt.MemoryLimit = 512 << 20
	}
	if opt.Threads <= 0 {
		opt.Threads = 2
	}
	if opt.TempLimit <= 0 {
		opt.TempLimit = 1 << 30
	}
	if opt.QueryTimeout <= 0 {
		opt.QueryTimeout = 30 * time.Second
	}
	if opt.HoldFor <= 0 {
		opt.HoldFor = 2 * time.Minute
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return opt
}

// Close waits for what runs, moves what the intake holds, folds every open file's log into it, and closes the files. A
// second call does nothing. What can't be moved stays in the intake, which is closed after the log.
func (l *Log) Close() error {
	l.closeOnce.Do(func() {
		close(l.closing)
		<-l.tended
		_ = l.settleAll(context.Background()) // stuck says what is wrong
	})
	l.life.Lock()
	defer l.life.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	l.detachAll()
	err := errors.Join(l.engine.close(), l.lock.release())
	return fault.As(err, fault.Unavailable, "duckdb.Close", l.opt.Dir)
}

// enter holds the instance for one operation; the caller calls leave when it is over.
func (l *Log) enter(op string) (leave func(), err error) {
	l.life.RLock()
	if l.closed {
		l.life.RUnlock()
		return nil, fault.New(fault.Unavailable, op, "the activity log is closed")
	}
	return l.life.RUnlock, nil
}

// restart replaces the instance that DuckDB gave up. It waits for the operations in it, which fail at once.
func (l *Log) restart(broken *engine, cause error) {
	l.life.Lock()
	defer l.life.Unlock()
	if l.closed || l.engine != broken {
		return // somebody else did
	}
	l.log.Error("activity log's engine gave up and is started again", "err", cause)
	if err := broken.close(); err != nil {
		l.log.Warn("activity log's broken engine did not close cleanly", "err", err)
	}
	l.forgetAll()
	fresh, err := openEngine(l.opt)
	if err != nil {
		// fail closed: nothing can be appended or read until the next operation's attempt succeeds.
		l.log.Error("activity log's engine does not start", "err", err)
		return
	}
	l.engine = fresh
}

// limited returns a context that ends when a query has had its time.
func (l *Log) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, l.opt.QueryTimeout)
}
