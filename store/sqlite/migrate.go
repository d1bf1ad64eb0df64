package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/fault"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

type migration struct {
	number int
	name   string
	text   string
}

// migrations are numbered from 1 without a gap; a mistake there is one in the program.
func migrations() ([]migration, error) {
	entries, err := fs.ReadDir(migrationFiles, "migrations") // sorted by name
	if err != nil {
		return nil, err
	}
	list := make([]migration, 0, len(entries))
	for i, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "_")
		n, err := strconv.Atoi(number)
		if err != nil || n != i+1 {
			return nil, fault.New(fault.Internal, "sqlite.migrate", "migration %s should have number %d", e.Name(), i+1)
		}
		text, err := migrationFiles.ReadFile("migrations/" + e.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, migration{n, e.Name(), string(text)})
	}
	return list, nil
}

// migrate brings the schema up to date, each migration with its number in one transaction: a process that dies
// on the way leaves a whole schema, old or new. Two processes that start at once take turns.
func migrate(ctx context.Context, conn *sql.Conn) error {
	const op = "sqlite.migrate"
	list, err := migrations()
	if err != nil {
		return err
	}
	for {
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		done, err := step(ctx, conn, list)
		if err != nil {
			conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return fault.Wrap(classify(err), op, "")
		}
		if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
			return err
		}
		if done {
			return nil
		}
	}
}

// current refuses a database whose schema is another program's.
func current(ctx context.Context, conn *sql.Conn) error {
	const op = "sqlite.current"
	list, err := migrations()
	if err != nil {
		return err
	}
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return classify(err)
	}
	if version != len(list) {
		return &fault.Error{
			Kind: fault.Invalid, Op: op, Msg: fmt.Sprintf("the database has schema %d, and this program's is %d", version, len(list)),
			Help: "use the program that Referee runs as, of the same version",
		}
	}
	return nil
}

// step applies the next migration, and reports whether there is none left.
func step(ctx context.Context, conn *sql.Conn, list []migration) (done bool, err error) {
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, err
	}
	switch {
	case version > len(list):
		return false, &fault.Error{
			Kind: fault.Invalid, Op: "sqlite.migrate",
			Msg:  fmt.Sprintf("the database has schema %d, and this program knows up to %d", version, len(list)),
			Help: "start the newer version again, or restore the backup from before it",
		}
	case version == len(list):
		return true, nil
	}
	m := list[version]
	if _, err := conn.ExecContext(ctx, m.text); err != nil {
		return false, fmt.Errorf("%s: %w", m.name, err)
	}
	_, err = conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", m.number)) // part of the transaction
	return false, err
}
