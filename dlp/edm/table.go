package edm

import (
	"encoding/binary"
	"io"
	"sort"
	"sync"

	"github.com/referee-casb/referee/fault"
)

// Table looks rows up in a table file by its index. It is safe for concurrent use.
type Table struct {
	index *Index
	file  io.ReaderAt
	key   Key
	pool  sync.Pool // of *window
}

// NewTable makes a table of a file and its index. The key must be the table's.
func NewTable(file io.ReaderAt, index *Index, key Key) (*Table, error) {
	if !index.header.Fits(key) {
		return nil, fault.New(fault.Invalid, "edm.NewTable", "the table was hashed with another key")
	}
	return &Table{index: index, file: file, key: key}, nil
}

// Header is the table's.
func (t *Table) Header() *Header { return t.index.header }

// rows calls each with the record of every row whose value in a section has the hash; the record is good until it returns.
func (t *Table) rows(section int, h uint64, buffer []byte, each func(record []byte)) ([]byte, error) {
	s := &t.index.sections[section]
	if h == 0 || s.records == 0 || !s.has(h) {
		return buffer, nil
	}
	bucket := h >> s.shift
	from, to := s.starts[bucket], s.starts[bucket+1]
	size := t.index.header.RecordSize()
	n := int(to-from) * size
	if n == 0 {
		return buffer, nil
	}
	if cap(buffer) < n {
		buffer = make([]byte, n)
	}
	buffer = buffer[:n]
	if _, err := t.file.ReadAt(buffer, s.begin+int64(from)*int64(size)); err != nil {
		// fail closed: a table that can't be read is not one without the row
		return buffer, fault.As(err, fault.Unavailable, "edm.rows", t.index.header.Schema)
	}
	count := n / size
	at := sort.Search(count, func(i int) bool { return binary.BigEndian.Uint64(buffer[i*size:]) >= h })
	for ; at < count && binary.BigEndian.Uint64(buffer[at*size:]) == h; at++ {
		each(buffer[at*size : (at+1)*size])
	}
	return buffer, nil
}
