package duckdb

import (
	"context"
	"errors"
	"strings"

	driver "github.com/duckdb/duckdb-go/v2"

	"github.com/referee-casb/referee/fault"
)

// classify gives an error of the driver its kind. ctx is the one that the caller gave, not the one with our time limit.
func classify(ctx context.Context, err error, op, key string) error {
	if err == nil {
		return nil
	}
	if !invalidated(err) {
		err = explain(err, key)
	}
	var known *fault.Error
	if errors.As(err, &known) {
		return fault.Wrap(err, op, key)
	}
	var de *driver.Error
	interrupted := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.As(err, &de) && de.Type == driver.ErrorTypeInterrupt
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return fault.As(err, fault.Canceled, op, key)
	case interrupted:
		return &fault.Error{
			Kind: fault.Limited, Op: op, Key: key, Msg: "the query took too long", Err: err,
			Help: "ask for a shorter time range or fewer conditions",
		}
	case de == nil:
		errors.As(err, &de)
	}
	if de == nil {
		return fault.As(err, fault.Unavailable, op, key)
	}
	switch de.Type {
	case driver.ErrorTypeOutOfMemory:
		return &fault.Error{
			Kind: fault.Limited, Op: op, Key: key, Msg: "the query needs more memory or disk than it may have", Err: err,
			Help: "ask for a shorter time range, or raise the activity log's memory",
		}
	case driver.ErrorTypeIO, driver.ErrorTypeFatal, driver.ErrorTypeSerialization, driver.ErrorTypeConnection, driver.ErrorTypeTransaction:
		return fault.As(err, fault.Unavailable, op, key)
	}
	return fault.As(err, fault.Internal, op, key)
}

// invalidated reports whether err means that DuckDB gave up the instance and wants to be started again.
func invalidated(err error) bool {
	if err == nil {
		return false
	}
	var de *driver.Error
	if errors.As(err, &de) && (de.Type == driver.ErrorTypeFatal || de.Type == driver.ErrorTypeInternal) {
		return true
	}
	return secondary(err)
}

// secondary reports whether err only tells that the instance was given up before, or could not be started again.
func secondary(err error) bool {
	text := err.Error()
	return strings.Contains(text, "database has been invalidated") || strings.Contains(text, "sql: database is closed")
}

// damaged is the fault of a file that can't be read.
func damaged(path string, err error) error {
	return &fault.Error{
		Kind: fault.Unavailable, Op: "duckdb.attach", Key: path, Msg: "the month's file can't be read", Err: err,
		Help: "restore the file from a backup, or move it away together with its .wal; the other months are not affected",
	}
}

// explain makes an error about a file's content the fault of a damaged file, and leaves others as they are.
func explain(err error, path string) error {
	var de *driver.Error
	if !errors.As(err, &de) {
		return err
	}
	switch de.Type {
	case driver.ErrorTypeSerialization, driver.ErrorTypeCatalog:
		return damaged(path, err)
	case driver.ErrorTypeIO:
		for _, sign := range []string{"Corrupt", "not a valid DuckDB", "Could not read enough bytes", "version number"} {
			if strings.Contains(de.Msg, sign) {
				return damaged(path, err)
			}
		}
	}
	return err
}
