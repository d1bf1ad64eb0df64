package edm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/fault"
)

// HashOptions say how rows are read.
type HashOptions struct {
	Separator rune             // of fields; 0: the one of comma, semicolon and tab that the first line has most of
	Dir       string           // for temporary files with hashes, as large as the table; "": the system's
	Progress  func(rows int64) // told now and again; nil for nobody
	Loose     bool             // pass over rows that can't be read, and count them
	Memory    int              // bytes to sort in at once; 0: 64 MiB
}

// Hashed says what became of the rows.
type Hashed struct {
	Rows    int64 `json:"rows"`
	Empty   int64 `json:"empty"`   // without a value in any searched column: they can't be found
	Wrong   int64 `json:"wrong"`   // could not be read, when Loose
	Records int64 `json:"records"` // in all sections
}

// batch is a number of rows that are hashed together.
const batch = 512

// Hash reads rows from CSV, whose first line names the columns, and writes a table of their hashes. Columns that the schema
// doesn't name are left out. Plain values are nowhere in the output, nor in temporary files.
func Hash(ctx context.Context, in io.Reader, s *edm.Schema, key edm.Key, out io.Writer, opt HashOptions) (Hashed, error) {
	const op = "edm.Hash"
	var done Hashed
	buffered := bufio.NewReaderSize(in, 1<<20)
	if bom, err := buffered.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3) // they are there
	}
	if opt.Separator == 0 {
		opt.Separator = separator(buffered)
	}
	reader := csv.NewReader(buffered)
	reader.Comma, reader.LazyQuotes = opt.Separator, opt.Loose
	places, err := columns(reader, s)
	if err != nil {
		return done, err
	}
	header := edm.NewHeader(s, key)
	sorter := newSorter(header, opt)
	defer sorter.close()
	if err := hashRows(ctx, reader, header, key, places, sorter, opt, &done); err != nil {
		return done, err
	}
	header.Rows = done.Rows
	for i := range header.Sections {
		header.Sections[i].Records = sorter.count(i)
		done.Records += sorter.count(i)
	}
	if done.Records == 0 {
		return done, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "no row has a value in a searched column", Help: "does the first line name the columns, and are they parted as you said?"}
	}
	head, err := header.Encode()
	if err != nil {
		return done, fault.As(err, fault.Internal, op, s.ID)
	}
	if _, err := out.Write(head); err != nil {
		return done, fault.As(err, fault.Unavailable, op, "table")
	}
	return done, sorter.write(ctx, out)
}

// separator is the one of the usual characters that the first line has most of.
func separator(in *bufio.Reader) rune {
	head, _ := in.Peek(4096) // what there is
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, r := range ";\t" {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

// columns finds the schema's columns in the first line.
func columns(reader *csv.Reader, s *edm.Schema) ([]int, error) {
	const op = "edm.Hash"
	first, err := reader.Read()
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "the first line can't be read as names of columns", Err: err}
	}
	for i := range first {
		first[i] = strings.TrimSpace(first[i])
	}
	names := slices.Clone(first)
	places := make([]int, len(s.Columns))
	for i, c := range s.Columns {
		if places[i] = slices.Index(names, c.Name); places[i] < 0 {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: c.Name, Msg: fmt.Sprintf("is no column of the file: its first line names %q", names), Help: "name columns in the schema as the file does; --separator says what stands between them"}
		}
	}
	return places, nil
}

type work struct {
	rows [][][]byte
	done chan struct{}
	out  [][]byte // by section, records one after the other
	head edm.Header
}

// hashRows reads rows in one goroutine, hashes them in several, and hands records to the sorter.
func hashRows(ctx context.Context, reader *csv.Reader, header *edm.Header, key edm.Key, places []int, sorter *sorter, opt HashOptions, done *Hashed) error {
	reader.ReuseRecord = true
	g, ctx := errgroup.WithContext(ctx)
	todo, ordered := make(chan *work, 2*runtime.GOMAXPROCS(0)), make(chan *work, 2*runtime.GOMAXPROCS(0))
	g.Go(func() error {
		defer close(todo)
		defer close(ordered)
		for {
			w, err := readBatch(reader, places, opt.Loose, done)
			if w != nil {
				for _, c := range []chan *work{todo, ordered} {
					select {
					case c <- w:
					case <-ctx.Done():
						return ctx.Err()
					}
				}
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			hash, cells := key.Hasher(), make([]uint64, len(places))
			for w := range todo {
				w.head = edm.Header{Columns: header.Columns, Sections: header.Sections, Words: make([]int, len(places)), Lengths: make([]int, len(places))}
				w.out = make([][]byte, len(header.Sections))
				for _, row := range w.rows {
					w.head.Cells(hash, row, cells)
					for i := range w.out {
						w.out[i], _ = header.Record(i, cells, w.out[i])
					}
				}
				close(w.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		told := int64(0)
		for w := range ordered {
			select {
			case <-w.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			found := 0
			for i, records := range w.out {
				found = max(found, len(records)/header.RecordSize())
				if err := sorter.add(i, records); err != nil {
					return err
				}
			}
			for i, n := range w.head.Words {
				header.Words[i] = max(header.Words[i], n)
				header.Lengths[i] = max(header.Lengths[i], w.head.Lengths[i])
			}
			done.Empty += int64(len(w.rows) - found)
			done.Rows += int64(len(w.rows))
			if opt.Progress != nil && done.Rows-told >= 1_000_000 {
				told = done.Rows
				opt.Progress(told)
			}
			if done.Rows > edm.MaxRows {
				return fault.New(fault.Limited, "edm.Hash", "there are more than %d rows", int64(edm.MaxRows))
			}
		}
		return nil
	})
	return g.Wait()
}

// readBatch reads some rows; what it returns with io.EOF are the last ones.
func readBatch(reader *csv.Reader, places []int, loose bool, done *Hashed) (*work, error) {
	w := &work{done: make(chan struct{})}
	for len(w.rows) < batch {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			if len(w.rows) == 0 {
				w = nil
			}
			return w, io.EOF
		}
		if err != nil {
			var parse *csv.ParseError
			if loose && errors.As(err, &parse) {
				done.Wrong++
				continue
			}
			return nil, &fault.Error{Kind: fault.Invalid, Op: "edm.Hash", Msg: "a row can't be read", Help: "mend it, or pass over such rows with --loose", Err: rowError(err)}
		}
		row := make([][]byte, len(places))
		for i, at := range places {
			row[i] = []byte(record[at])
		}
		w.rows = append(w.rows, row)
	}
	return w, nil
}

// rowError says where a row is wrong, without the row.
func rowError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("line %d: %w", parse.Line, parse.Err)
	}
	return err
}

// sorter orders records by their bytes. Hashes are even, so they are parted by their first byte into as many files, each
// of which is then sorted in memory by itself.
type sorter struct {
	header *edm.Header
	dir    string // "" until something is written to disk
	opt    HashOptions
	held   int
	parts  [][256]part // by section
}

type part struct {
	file    *os.File
	memory  []byte
	records int64
}

func newSorter(h *edm.Header, opt HashOptions) *sorter {
	if opt.Memory == 0 {
		opt.Memory = 64 << 20
	}
	return &sorter{header: h, opt: opt, parts: make([][256]part, len(h.Sections))}
}

func (s *sorter) add(section int, records []byte) error {
	size := s.header.RecordSize()
	for ; len(records) > 0; records = records[size:] {
		p := &s.parts[section][records[0]]
		p.memory = append(p.memory, records[:size]...)
		p.records++
		s.held += size
	}
	if s.held < s.opt.Memory {
		return nil
	}
	return s.spill()
}

// spill writes what is held to the files.
func (s *sorter) spill() error {
	const op = "edm.Hash"
	if s.dir == "" {
		dir, err := os.MkdirTemp(s.opt.Dir, "referee-edm-*") // for its owner only
		if err != nil {
			return fault.As(err, fault.Unavailable, op, s.opt.Dir)
		}
		s.dir = dir
	}
	for i := range s.parts {
		for b := range s.parts[i] {
			p := &s.parts[i][b]
			if len(p.memory) == 0 {
				continue
			}
			if p.file == nil {
				f, err := os.OpenFile(filepath.Join(s.dir, fmt.Sprintf("%d-%02x", i, b)), os.O_CREATE|os.O_RDWR|os.O_EXCL, 0o600)
				if err != nil {
					return fault.As(err, fault.Unavailable, op, s.dir)
				}
				p.file = f
			}
			if _, err := p.file.Write(p.memory); err != nil {
				return &fault.Error{Kind: fault.Unavailable, Op: op, Key: s.dir, Msg: "the temporary files can't be written", Help: "name a folder with room for the table with --temp", Err: err}
			}
			p.memory = p.memory[:0]
		}
	}
	s.held = 0
	return nil
}

func (s *sorter) count(section int) int64 {
	n := int64(0)
	for b := range s.parts[section] {
		n += s.parts[section][b].records
	}
	return n
}

// write writes all records, in order.
func (s *sorter) write(ctx context.Context, out io.Writer) error {
	const op = "edm.Hash"
	size := s.header.RecordSize()
	var records []byte
	for i := range s.parts {
		for b := range s.parts[i] {
			if err := ctx.Err(); err != nil {
				return err
			}
			p := &s.parts[i][b]
			records = records[:0]
			if p.file != nil {
				if _, err := p.file.Seek(0, io.SeekStart); err != nil {
					return fault.As(err, fault.Unavailable, op, s.dir)
				}
				all := bytes.NewBuffer(records)
				if _, err := all.ReadFrom(p.file); err != nil {
					return fault.As(err, fault.Unavailable, op, s.dir)
				}
				records = all.Bytes()
			}
			records = append(records, p.memory...)
			sort.Sort(&byBytes{records, size, make([]byte, size)})
			if err := tooMany(records, size, s.header.Columns[s.header.Sections[i].Column].Name); err != nil {
				return err
			}
			if _, err := out.Write(records); err != nil {
				return fault.As(err, fault.Unavailable, op, "table")
			}
		}
	}
	return nil
}

// tooMany refuses what the server would: a value that tells no rows apart.
func tooMany(records []byte, size int, column string) error {
	same := 0
	for at := size; at < len(records); at += size {
		if !bytes.Equal(records[at:at+8], records[at-size:at-size+8]) {
			same = 0
			continue
		}
		if same++; same >= edm.MaxSame {
			return &fault.Error{
				Kind: fault.Invalid, Op: "edm.Hash", Key: column, Msg: fmt.Sprintf("more than %d rows have the same value in this searched column", edm.MaxSame),
				Help: "search for a column that tells rows apart, and leave fill-ins such as 000000 empty",
			}
		}
	}
	return nil
}

func (s *sorter) close() {
	for i := range s.parts {
		for b := range s.parts[i] {
			if f := s.parts[i][b].file; f != nil {
				_ = f.Close() // it is removed
			}
		}
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir) // hashes only, in a folder of its own
	}
}

// byBytes sorts records of one size that lie side by side.
type byBytes struct {
	data []byte
	size int
	swap []byte
}

func (b *byBytes) Len() int { return len(b.data) / b.size }

func (b *byBytes) Less(i, j int) bool {
	return bytes.Compare(b.data[i*b.size:(i+1)*b.size], b.data[j*b.size:(j+1)*b.size]) < 0
}

func (b *byBytes) Swap(i, j int) {
	x, y := b.data[i*b.size:(i+1)*b.size], b.data[j*b.size:(j+1)*b.size]
	copy(b.swap, x)
	copy(x, y)
	copy(y, b.swap)
}
