package sqlite

import (
	"context"
	"database/sql"
	"errors"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/referee-casb/referee/fault"
)

// classify gives an error of the engine its kind. Errors that have one pass unchanged.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	kind := fault.Internal
	var e *driver.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		kind = fault.Canceled
	case errors.Is(err, sql.ErrNoRows):
		kind = fault.NotFound
	case errors.Is(err, sql.ErrConnDone):
		kind = fault.Unavailable
	case errors.As(err, &e):
		kind = kindOf(e.Code())
	}
	f := &fault.Error{Kind: kind, Op: "sqlite", Err: err}
	if kind == fault.Unavailable && e != nil && e.Code()&0xff == lib.SQLITE_FULL {
		f.Help = "free space on the disk that holds the database"
	}
	return f
}

func kindOf(code int) fault.Kind {
	switch code {
	case lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_ROWID:
		return fault.Conflict
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY: // what the row stands on, its tenant first of all, is not there
		return fault.NotFound
	}
	switch code & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_IOERR, lib.SQLITE_FULL, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_NOMEM:
		return fault.Unavailable
	case lib.SQLITE_INTERRUPT:
		return fault.Canceled
	case lib.SQLITE_NOTADB, lib.SQLITE_CORRUPT:
		return fault.Invalid
	case lib.SQLITE_TOOBIG:
		return fault.Limited
	}
	return fault.Internal
}
