package edm

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// A table file is:
//
//	"REFEDM1\n", length of the header (4 bytes, big endian), the header (JSON), and a section for each searched column
//
// A section has a record for each row that has a value in that column, ordered by their bytes. A record is the hash of
// that value, then those of all other columns in the order of the schema: 8 bytes each, big endian, 0 for no value.
const (
	magic     = "REFEDM1\n"
	cell      = 8
	maxHeader = 64 << 10
	// MaxSame is how many rows may have the same value in a searched column.
	MaxSame = 1000
	// MaxRows is how many rows a table may have.
	MaxRows = math.MaxUint32
)

// Header is what a table says of itself.
type Header struct {
	Schema   string    `json:"schema"` // its id
	Digest   string    `json:"digest"` // [Schema.Digest]
	Columns  []Column  `json:"columns"`
	Rows     int64     `json:"rows"`
	Words    []int     `json:"words"`   // by column, how many words its longest value has, at most 8
	Lengths  []int     `json:"lengths"` // by column, the bytes of its longest value in normal form
	Sections []Section `json:"sections"`
	Check    string    `json:"check"` // of the key, hex
}

// Section is a searched column's part of the file.
type Section struct {
	Column  int   `json:"column"` // its place in the schema
	Records int64 `json:"records"`
}

// RecordSize is the length of a record in bytes.
func (h *Header) RecordSize() int { return cell * len(h.Columns) }

// NewHeader begins a header for a schema and a key.
func NewHeader(s *Schema, k Key) *Header {
	h := &Header{Schema: s.ID, Digest: s.Digest(), Columns: s.Columns, Words: make([]int, len(s.Columns)), Lengths: make([]int, len(s.Columns)), Check: hex.EncodeToString(k.check())}
	for i, c := range s.Columns {
		if c.Search {
			h.Sections = append(h.Sections, Section{Column: i})
		}
	}
	return h
}

// Encode is the header as it stands in front of the records.
func (h *Header) Encode() ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	out := append([]byte(magic), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(out[len(magic):], uint32(len(text)))
	return append(out, text...), nil
}

// Fits says whether the table was hashed with the key.
func (h *Header) Fits(k Key) bool {
	check, err := hex.DecodeString(h.Check)
	return err == nil && k.fits(check)
}

// ReadHeader reads a table's header and says where the records begin. size is that of the whole file, which must be what
// the header says.
func ReadHeader(r io.ReaderAt, size int64) (h *Header, begin int64, err error) {
	wrong := func(why string, args ...any) (*Header, int64, error) {
		return nil, 0, fmt.Errorf("it is not a table that `referee dlp edm hash` made: "+why, args...)
	}
	head := make([]byte, len(magic)+4)
	if _, err := r.ReadAt(head, 0); err != nil || string(head[:len(magic)]) != magic {
		return wrong("it does not begin as one")
	}
	n := int64(binary.BigEndian.Uint32(head[len(magic):]))
	begin = int64(len(head)) + n
	if n > maxHeader || begin > size {
		return wrong("its header is cut off, or too long")
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, int64(len(head))); err != nil {
		return nil, 0, err
	}
	h = &Header{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(h); err != nil || dec.More() {
		return wrong("its header can't be read")
	}
	if err := h.validate(); err != nil {
		return wrong("%w", err)
	}
	left := size - begin
	for _, s := range h.Sections {
		left -= s.Records * int64(h.RecordSize()) // both are bounded: no overflow
	}
	if left != 0 {
		return wrong("it has %d bytes, and its records come to %d: was it cut off?", size, size-left)
	}
	return h, begin, nil
}

func (h *Header) validate() error {
	if n := len(h.Columns); n == 0 || n > MaxColumns || len(h.Words) != n || len(h.Lengths) != n || len(h.Sections) == 0 || len(h.Sections) > MaxSearch {
		return fmt.Errorf("it has %d columns, %d of them searched", n, len(h.Sections))
	}
	if h.Rows < 0 || h.Rows > MaxRows {
		return fmt.Errorf("it has %d rows", h.Rows)
	}
	next := 0
	for i, c := range h.Columns {
		if forms[c.Form] == 0 || h.Words[i] < 0 || h.Words[i] > maxWords || h.Lengths[i] < 0 || h.Lengths[i] > maxValue {
			return fmt.Errorf("column %d is of no known form", i+1)
		}
		if !c.Search {
			continue
		}
		if next >= len(h.Sections) || h.Sections[next].Column != i || h.Sections[next].Records < 0 || h.Sections[next].Records > h.Rows {
			return fmt.Errorf("its sections are not those of its columns")
		}
		next++
	}
	if next != len(h.Sections) {
		return fmt.Errorf("its sections are not those of its columns")
	}
	if s := (Schema{Columns: h.Columns}); s.Digest() != h.Digest {
		return fmt.Errorf("its columns are not what it was hashed with")
	}
	return nil
}

// Cells hashes a row's values, which are in the order of the schema, and notes how many words they have.
func (h *Header) Cells(hash *Hasher, row [][]byte, to []uint64) {
	for i, c := range h.Columns {
		to[i] = hash.Value(c.Form, row[i])
		if to[i] != 0 {
			h.Words[i] = max(h.Words[i], min(maxWords, words(c.Form, row[i])))
			h.Lengths[i] = max(h.Lengths[i], len(hash.buffer))
		}
	}
}

// words is how many of a text's words a value takes. Digits, and letters and digits, may be grouped in any way in texts.
func words(f Form, value []byte) int {
	if f == FormDigits || f == FormAlnum {
		return maxWords
	}
	n := 0
	for at := 0; at < len(value); {
		start, end, next := nextWord(value, at)
		at = next
		if end > start {
			n++
		}
	}
	return n
}

// Record appends the record of a row for a section; ok is false when the row has no value there.
func (h *Header) Record(section int, cells []uint64, to []byte) (out []byte, ok bool) {
	first := h.Sections[section].Column
	if cells[first] == 0 {
		return to, false
	}
	to = binary.BigEndian.AppendUint64(to, cells[first])
	for i, c := range cells {
		if i != first {
			to = binary.BigEndian.AppendUint64(to, c)
		}
	}
	return to, true
}
