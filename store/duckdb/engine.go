package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	driver "github.com/duckdb/duckdb-go/v2"

	"github.com/referee-casb/referee/fault"
)

// engine is one DuckDB instance in memory, to which files are attached.
type engine struct {
	db *sql.DB
}

// maxQueries is how many queries and appends run at once. The engine's threads and memory are shared among them.
const maxQueries = 8

// openEngine starts an instance and locks its configuration.
func openEngine(opt Options) (*engine, error) {
	spill := filepath.Join(opt.Dir, ".spill")
	// What a killed process left there is of no use: DuckDB never reads it again.
	if err := os.RemoveAll(spill); err != nil {
		return nil, fault.As(err, fault.Unavailable, "duckdb.start", spill)
	}
	return startEngine(opt, spill)
}

// startEngine makes an instance.
func startEngine(opt Options, spill string) (*engine, error) {
	connector, err := driver.NewConnector("", nil)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, "duckdb.start", "")
	}
	db := sql.OpenDB(connector)
	// Each connection is a query that runs; the others wait for their turn within their own time limit.
	db.SetMaxOpenConns(maxQueries)
	db.SetMaxIdleConns(4)
	for _, statement := range settings(opt, spill) {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			_ = db.Close() // it holds nothing yet
			return nil, classify(context.Background(), err, "duckdb.start", statement)
		}
	}
	return &engine{db: db}, nil
}

// makeAlone makes a file with empty tables in an instance of its own, which is gone when it returns. The shared instance
// lets go of a detached file only when the last transaction that began before has ended, wherever that one looks: it
// would go on writing to the file after that got its name.
func makeAlone(ctx context.Context, opt Options, path string) (err error) {
	opt.MemoryLimit, opt.Threads = 64<<20, 1
	e, err := startEngine(opt, filepath.Join(opt.Dir, ".spill-new"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	if _, err := e.db.ExecContext(ctx, attachStatement(path, "fresh")); err != nil {
		return err
	}
	if err := create(ctx, e.db, "fresh"); err != nil {
		return err
	}
	for _, statement := range []string{"CHECKPOINT fresh", "DETACH fresh"} {
		if _, err := e.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func attachStatement(path, alias string) string {
	return "ATTACH " + quote(path) + " AS " + alias + " (TYPE duckdb, STORAGE_VERSION 'v1.5.0')"
}

// settings are the statements that confine an instance. The last one locks them.
func settings(opt Options, spill string) []string {
	set := func(name, value string) string { return "SET GLOBAL " + name + " = " + value }
	return []string{
		set("memory_limit", quote(fmt.Sprintf("%dKiB", opt.MemoryLimit>>10))),
		set("threads", fmt.Sprint(opt.Threads)),
		set("temp_directory", quote(spill)),
		set("max_temp_directory_size", quote(fmt.Sprintf("%dKiB", opt.TempLimit>>10))),
		set("autoinstall_known_extensions", "false"),
		set("autoload_known_extensions", "false"),
		set("allow_community_extensions", "false"),
		set("allow_unsigned_extensions", "false"),
		// Pages are read by row id once the order is known, instead of carrying every record through the sort.
		set("late_materialization_max_rows", fmt.Sprint(pageRows+1)),
		// Each fold writes the unfinished block of rows again; this is how much log may gather before it. After a kill
		// that much is read when the file is opened. Sixty tenants may have that much each, so it is not more.
		set("checkpoint_threshold", quote("16MiB")),
		set("preserve_insertion_order", "false"), // every query that cares has an ORDER BY
		set("allowed_directories", "["+quote(opt.Dir+string(filepath.Separator))+"]"),
		set("enable_external_access", "false"),
		set("lock_configuration", "true"),
	}
}

// alive reports whether the instance still answers.
func (e *engine) alive() bool {
	_, err := e.db.ExecContext(context.Background(), "SELECT 1")
	return err == nil
}

func (e *engine) close() error { return e.db.Close() }

// quote writes s as a string of SQL.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
