package duckdb

import (
	"context"
	"errors"
	"os"
)

// with runs do on an open file. When DuckDB gives up the instance meanwhile, it is started again, without the file if
// that was the cause. An operation that only met an instance given up before is tried once more, so do may run twice.
func (l *Log) with(ctx context.Context, op string, k fileKey, makeIt bool, do func(*file) error) error {
	for attempt := 1; ; attempt++ {
		leave, err := l.enter(op)
		if err != nil {
			return err
		}
		engine := l.engine
		f, err := l.open(ctx, k, makeIt)
		if err == nil {
			err = do(f)
			f.use.RUnlock()
		}
		leave()
		if errors.Is(err, errAbsent) {
			return err
		}
		if l.revive(engine, err) {
			if secondary(err) && attempt == 1 {
				continue
			}
			l.blame(k, err)
		}
		return classify(ctx, err, op, l.path(k))
	}
}

// withAll runs do on those of the files that exist, all open at once.
func (l *Log) withAll(ctx context.Context, op string, keys []fileKey, do func([]*file) error) error {
	leave, err := l.enter(op)
	if err != nil {
		return err
	}
	engine := l.engine
	files := make([]*file, 0, len(keys))
	key := ""
	for _, k := range keys {
		f, e := l.open(ctx, k, false)
		if errors.Is(e, errAbsent) {
			continue
		}
		if e != nil {
			err, key = e, l.path(k)
			break
		}
		files = append(files, f)
	}
	if err == nil {
		err = do(files)
	}
	for _, f := range files {
		f.use.RUnlock()
	}
	leave()
	l.revive(engine, err) // which file it was shows when one is read by itself
	return classify(ctx, err, op, key)
}

// revive starts the engine again if err means that DuckDB gave it up, and reports whether it had.
func (l *Log) revive(e *engine, err error) bool {
	if !invalidated(err) || e.alive() {
		return false
	}
	l.restart(e, err)
	return true
}

// blame keeps a file that made the engine give up from being opened again as long as it is the same.
func (l *Log) blame(k fileKey, cause error) {
	if secondary(cause) {
		return
	}
	f := l.file(k)
	f.use.Lock()
	defer f.use.Unlock()
	info, err := os.Stat(f.path)
	if err != nil {
		return
	}
	f.bad, f.badInfo = damaged(f.path, cause), info
	f.held.positions = nil // another file may take its place
}

// isBad returns why the file must not be opened, nil if it may. f.use is held for writing.
func (f *file) isBad(info os.FileInfo) error {
	if f.bad == nil {
		return nil
	}
	if os.SameFile(info, f.badInfo) && info.Size() == f.badInfo.Size() && info.ModTime().Equal(f.badInfo.ModTime()) {
		return f.bad
	}
	f.bad, f.badInfo = nil, nil // it was restored
	return nil
}
