package cli

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	tables "github.com/referee-casb/referee/inspect/edm"
)

// schemaIn reads a file with one ExactDataMatch document.
func schemaIn(file string) (*edm.Schema, error) {
	const op = "dlp edm"
	text, err := os.ReadFile(file) //nolint:gosec // the caller names it
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "can't be read", Err: err}
	}
	docs, mistakes := own.Decode(text)
	if len(mistakes) > 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "has mistakes", Err: mistakes}
	}
	var found *edm.Schema
	for _, d := range docs {
		if d.Table != nil && found != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "has several documents of the kind ExactDataMatch", Help: "give each a file of its own to hash"}
		}
		if d.Table != nil {
			found = d.Table
		}
	}
	if found == nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "has no document of the kind ExactDataMatch", Help: "docs/howto/exact-data-match.md shows one"}
	}
	return found, nil
}

func (a *app) edmHash() *cobra.Command {
	var opt tables.HashOptions
	var out, separator string
	c := &cobra.Command{
		Use: "hash SCHEMA CSV", Short: "Make a table of hashes from records, on this machine",
		Args: exactly(2, "the file of a schema (ExactDataMatch) and one of records (CSV; - for standard input)"),
		Long: `Make a table of hashes from records. It asks no server, and nothing but hashes leaves this command: ID.edm holds them, and
ID.edm.key the random key that they were made with. Whoever has both files can try out values, and so find short ones such
as numbers again: keep the key apart from the table, and remove both when they are uploaded.

The first line of the CSV file names the columns; those that the schema doesn't name are left out. Memory does not grow
with the number of rows; temporary files (--temp) hold hashes only, and are as large as the table: 8 bytes for each column
and row.`,
		Example: "  referee dlp edm hash patients.yaml patients.csv\n  referee dlp edm hash patients.yaml patients.csv --loose --output new.edm",
		RunE: func(c *cobra.Command, args []string) error {
			const op = "dlp edm hash"
			s, err := schemaIn(args[0])
			if err != nil {
				return err
			}
			if separator != "" {
				r := []rune(strings.ReplaceAll(separator, `\t`, "\t"))
				if len(r) != 1 {
					return &fault.Error{Kind: fault.Invalid, Op: op, Key: separator, Msg: "is not one character", Help: `write it such as ';' or '\t'`}
				}
				opt.Separator = r[0]
			}
			if out == "" {
				out = s.ID + ".edm"
			}
			in := a.in
			if args[1] != "-" {
				f, err := os.Open(args[1])
				if err != nil {
					return &fault.Error{Kind: fault.Invalid, Op: op, Key: args[1], Msg: "can't be read", Err: err}
				}
				defer f.Close() //nolint:errcheck // it was read
				in = f
			}
			opt.Progress = func(rows int64) { a.note("%d rows so far", rows) }
			key := edm.NewKey()
			done, err := writeTable(out, func(w io.Writer) (tables.Hashed, error) { return tables.Hash(c.Context(), in, s, key, w, opt) })
			if err != nil {
				return err
			}
			if err := os.Remove(out + ".key"); err != nil && !errors.Is(err, fs.ErrNotExist) { // one that is there may be readable by others
				return fault.As(err, fault.Unavailable, op, out+".key")
			}
			if err := os.WriteFile(out+".key", []byte(key.Encode()+"\n"), 0o600); err != nil {
				return fault.As(err, fault.Unavailable, op, out+".key")
			}
			if a.flags.json {
				return a.printJSON(map[string]any{"table": out, "key": out + ".key", "rows": done.Rows, "empty": done.Empty, "wrong": done.Wrong, "records": done.Records})
			}
			a.note("%d rows; %d of them have no value to search for, %d could not be read", done.Rows, done.Empty, done.Wrong)
			return a.say("%s\n%s", out, out+".key")
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "the table's file (default ID.edm)")
	c.Flags().StringVar(&separator, "separator", "", "what stands between fields (default: comma, semicolon or tab, whichever the first line has most of)")
	c.Flags().StringVar(&opt.Dir, "temp", "", "folder for temporary files with hashes (default: the system's)")
	c.Flags().BoolVar(&opt.Loose, "loose", false, "pass over rows that can't be read")
	return c
}

// writeTable writes a file that is there whole or not at all.
func writeTable(name string, write func(io.Writer) (tables.Hashed, error)) (done tables.Hashed, err error) {
	const op = "dlp edm hash"
	f, err := os.CreateTemp(filepath.Dir(name), ".edm-*") // for its owner only
	if err != nil {
		return done, fault.As(err, fault.Unavailable, op, name)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if done, err = write(w); err != nil {
		return done, errors.Join(err, f.Close())
	}
	if err = errors.Join(w.Flush(), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	return done, fault.As(err, fault.Unavailable, op, name)
}

func (a *app) edmUpload() *cobra.Command {
	keyFile := ""
	c := &cobra.Command{
		Use: "upload TABLE", Short: "Upload a table of hashes and put it into use", Args: exactly(1, "a file that `referee dlp edm hash` made"),
		Long:    "Upload a table, in pieces, and put it into use in the place of the one before. Its schema must have been applied (referee dlp types apply). The key goes to the server, which seals it; the key file can be removed afterwards.",
		Example: "  referee dlp edm upload patients.edm",
		RunE: func(c *cobra.Command, args []string) error {
			const op = "dlp edm upload"
			if keyFile == "" {
				keyFile = args[0] + ".key"
			}
			text, err := os.ReadFile(keyFile) //nolint:gosec // the caller names it
			if err != nil {
				return &fault.Error{Kind: fault.Invalid, Op: op, Key: keyFile, Msg: "the key can't be read", Help: "it was written beside the table; --key names it", Err: err}
			}
			key, err := edm.ParseKey(string(text))
			if err != nil {
				return fault.As(err, fault.Invalid, op, keyFile)
			}
			f, err := os.Open(args[0])
			if err != nil {
				return &fault.Error{Kind: fault.Invalid, Op: op, Key: args[0], Msg: "can't be read", Err: err}
			}
			defer f.Close() //nolint:errcheck // it was read
			info, err := f.Stat()
			if err != nil {
				return fault.As(err, fault.Invalid, op, args[0])
			}
			header, _, err := edm.ReadHeader(f, info.Size())
			if err != nil {
				return fault.As(err, fault.Invalid, op, args[0])
			}
			if !header.Fits(key) {
				return &fault.Error{Kind: fault.Invalid, Op: op, Key: keyFile, Msg: "is another table's key", Help: "--key names the one that was written beside this table"}
			}
			answer, err := a.sendTable(c, header.Schema, f, info.Size(), key)
			if err != nil {
				return err
			}
			return show(a, answer, func(r tableRow) error {
				return a.say("%s: version %d with %d rows is in use", r.ID, r.Version, r.Rows)
			})
		},
	}
	c.Flags().StringVar(&keyFile, "key", "", "the key's file (default TABLE.key)")
	return c
}

// sendTable sends a file piece by piece.
func (a *app) sendTable(c *cobra.Command, id string, f io.Reader, size int64, key edm.Key) ([]byte, error) {
	const op = "dlp edm upload"
	at := "/dlp/edm/" + url.PathEscape(id) + "/upload"
	sum, piece, last := sha256.New(), make([]byte, tables.MaxPiece), a.now()
	for offset := int64(0); ; {
		n, err := io.ReadFull(f, piece)
		if n == 0 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fault.As(err, fault.Invalid, op, id)
		}
		_, _ = sum.Write(piece[:n]) // it never fails
		if _, err := a.tell(c, http.MethodPut, at, url.Values{"offset": {strconv.FormatInt(offset, 10)}}, piece[:n]); err != nil {
			return nil, err
		}
		offset += int64(n)
		if now := a.now(); now.Sub(last) >= 5*time.Second {
			last = now
			a.note("%d of %d MB", offset/1e6, size/1e6)
		}
	}
	return a.tell(c, http.MethodPost, at, nil, map[string]string{"sha256": hex.EncodeToString(sum.Sum(nil)), "key": key.Encode()})
}

type tableRow struct {
	ID, Name, State, Author string
	Version, Rows, Bytes    int64
	Time                    time.Time
}

func (a *app) edmList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tables of exact data matches", Args: cobra.NoArgs, Example: "  referee dlp edm list",
		RunE: a.listing("/dlp/edm", func(text []byte) error {
			return show(a, text, func(l items[tableRow]) error {
				t := newTable("ID", "NAME", "STATE", "ROWS", "MB", "VERSION", "UPLOADED", "BY")
				for _, r := range l.Items {
					if r.Version == 0 {
						t.row(r.ID, plain(r.Name), r.State, "-", "-", "-", "-", "-")
						continue
					}
					t.row(r.ID, plain(r.Name), r.State, fmt.Sprint(r.Rows), fmt.Sprint(r.Bytes/1e6), fmt.Sprint(r.Version), a.when(r.Time), plain(r.Author))
				}
				return a.print(t)
			})
		}),
	}
}

func (a *app) edmRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "Remove a table with its key", Args: exactly(1, "the id of an exact data match"), Example: "  referee dlp edm remove patients",
		Long: "Remove a table with its key. Its document stays; policies that look for it find content unscannable until another table is uploaded.",
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.tell(c, http.MethodDelete, "/dlp/edm/"+url.PathEscape(args[0]), nil, nil); err != nil {
				return err
			}
			return a.gone(args[0], "removed")
		},
	}
}
