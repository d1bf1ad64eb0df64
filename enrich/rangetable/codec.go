package rangetable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/klauspost/compress/zstd"
)

// The written form, compressed with zstd as a whole:
//
//	"RRT1"
//	uvarint  number of values, the unknown one left out
//	  uvarint number, uvarint length of name, name           for each
//	uvarint  number of IPv4 positions
//	  uvarint start minus the start before                   for each
//	  uvarint value                                          for each
//	uvarint  number of IPv6 positions
//	  uvarint upper half minus the upper half before         for each
//	  uvarint lower half                                     for each
//	  uvarint value                                          for each
//
// Columns are kept apart because like compresses best beside like.
const magic = "RRT1"

// maxExpanded bounds what a table may expand to: the largest one today takes 12 MB.
const maxExpanded = 256 << 20

var errShort = errors.New("range table: short or damaged")

// WriteTo writes the table in its compressed form.
func (t *Table) WriteTo(w io.Writer) (int64, error) {
	buf := []byte(magic)
	buf = binary.AppendUvarint(buf, uint64(max(len(t.values)-1, 0)))
	for i := 1; i < len(t.values); i++ {
		buf = binary.AppendUvarint(buf, uint64(t.values[i].Number))
		buf = binary.AppendUvarint(buf, uint64(len(t.values[i].Name)))
		buf = append(buf, t.values[i].Name...)
	}
	buf = binary.AppendUvarint(buf, uint64(len(t.start4)))
	var last4 uint32
	for _, s := range t.start4 {
		buf = binary.AppendUvarint(buf, uint64(s-last4))
		last4 = s
	}
	buf = appendAll(buf, t.value4)
	buf = binary.AppendUvarint(buf, uint64(len(t.start6)))
	var last6 uint64
	for _, s := range t.start6 {
		buf = binary.AppendUvarint(buf, s.hi-last6)
		last6 = s.hi
	}
	for _, s := range t.start6 {
		buf = binary.AppendUvarint(buf, s.lo)
	}
	buf = appendAll(buf, t.value6)

	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return 0, err
	}
	defer enc.Close()
	n, err := w.Write(enc.EncodeAll(buf, nil))
	return int64(n), err
}

func appendAll(buf []byte, values []uint32) []byte {
	for _, v := range values {
		buf = binary.AppendUvarint(buf, uint64(v))
	}
	return buf
}

// Read makes a table of its compressed form. Anything that [Table.WriteTo] can't have written is an error.
func Read(compressed []byte) (*Table, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxExpanded))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(compressed, nil)
	if err != nil {
		return nil, fmt.Errorf("range table: %w", err)
	}
	return parse(raw)
}

func parse(raw []byte) (*Table, error) {
	rest, ok := bytes.CutPrefix(raw, []byte(magic))
	if !ok {
		return nil, errors.New("range table: not one, or of another version")
	}
	r := &reader{rest: rest}
	t := &Table{}
	r.values(t)

	n := r.count()
	t.start4, t.value4 = make([]uint32, n), make([]uint32, n)
	var at4 uint64
	for i := range t.start4 {
		step := r.number(math.MaxUint32)
		if at4 += step; at4 > math.MaxUint32 || i > 0 && step == 0 {
			r.err = errShort
		}
		t.start4[i] = uint32(at4)
	}
	r.column(t.value4, len(t.values))

	n = r.count()
	t.start6, t.value6 = make([]wide, n), make([]uint32, n)
	var at6 uint64
	for i := range t.start6 {
		step := r.number(math.MaxUint64)
		if at6+step < at6 {
			r.err = errShort
		}
		at6 += step
		t.start6[i].hi = at6
	}
	for i := range t.start6 {
		t.start6[i].lo = r.number(math.MaxUint64)
		if i > 0 && !t.start6[i-1].less(t.start6[i]) {
			r.err = errShort
		}
	}
	r.column(t.value6, len(t.values))

	if r.err == nil && len(r.rest) != 0 {
		r.err = errShort
	}
	if r.err != nil {
		return nil, r.err
	}
	t.index()
	return t, nil
}

// reader takes numbers off the front of rest and remembers the first mistake; after one it yields zeros.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) number(limit uint64) uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > limit {
		r.err = errShort
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads how many entries follow. Each takes at least one byte, so no count beyond what is left is believed.
func (r *reader) count() int { return int(r.number(uint64(len(r.rest)))) }

func (r *reader) column(into []uint32, values int) {
	for i := range into {
		into[i] = uint32(r.number(uint64(values - 1)))
	}
}

// values reads the numbers and names. All names share one string, so 90,000 of them cost one allocation.
func (r *reader) values(t *Table) {
	n := r.count()
	t.values = make([]Value, n+1)
	names := make([]byte, 0, len(r.rest)/8)
	ends := make([]int, n+1)
	for i := 1; i <= n; i++ {
		t.values[i].Number = uint32(r.number(math.MaxUint32))
		size := r.count()
		if r.err != nil || size > len(r.rest) {
			r.err = errShort
			return
		}
		names, r.rest = append(names, r.rest[:size]...), r.rest[size:]
		ends[i] = len(names)
	}
	all := string(names)
	for i := 1; i <= n; i++ {
		t.values[i].Name = all[ends[i-1]:ends[i]]
	}
}
