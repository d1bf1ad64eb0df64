package pdf

import (
	"bytes"
	"compress/zlib"
	"io"
	"slices"
)

// Lookup returns what a value refers to, the value itself where it refers to nothing; nil for objects that aren't there.
func (f *File) Lookup(v Value) (Value, error) {
	for range 32 {
		r, ok := v.(Ref)
		if !ok {
			return v, nil
		}
		var err error
		if v, _, err = f.object(r.Num); err != nil {
			return nil, err
		}
	}
	return nil, ErrDamaged
}

// Dict looks a dictionary up; nil for null and for objects that aren't there.
func (f *File) Dict(v Value) (*Dict, error) {
	v, err := f.Lookup(v)
	if err != nil || v == nil || v == Atom("null") {
		return nil, err
	}
	d, ok := v.(*Dict)
	if !ok {
		return nil, ErrDamaged
	}
	return d, nil
}

// Array looks an array up; nil likewise.
func (f *File) Array(v Value) (Array, error) {
	v, err := f.Lookup(v)
	if err != nil || v == nil || v == Atom("null") {
		return nil, err
	}
	a, ok := v.(Array)
	if !ok {
		return nil, ErrDamaged
	}
	return a, nil
}

// Stream looks a stream up and unpacks it; data is nil where v is no stream.
func (f *File) Stream(v Value) (d *Dict, data []byte, err error) {
	r, ok := v.(Ref)
	if !ok {
		return nil, nil, nil
	}
	v, s, err := f.object(r.Num)
	if err != nil || s == nil {
		return nil, nil, err
	}
	d = v.(*Dict)
	data, err = f.unpack(d, s)
	return d, data, err
}

// object reads an object by its number: nil without an error where the file has none.
func (f *File) object(num int) (Value, *stream, error) {
	where, ok := f.places[num]
	switch {
	case !ok || where.index < 0 && where.at == 0:
		return nil, nil, nil
	case where.index < 0:
		n, v, s, err := f.objectAt(where.at)
		if err == nil && n != num {
			err = ErrDamaged
		}
		return v, s, err
	}
	o, err := f.packedIn(int(where.at))
	if err != nil {
		return nil, nil, err
	}
	if where.index >= len(o.nums) || o.nums[where.index] != num {
		return nil, nil, ErrDamaged
	}
	at := o.first + o.at[where.index]
	if at < 0 || at > len(o.data) {
		return nil, nil, ErrDamaged
	}
	v, err := (&parser{data: o.data, at: at, whole: true}).value(0)
	return v, nil, err
}

// packedIn unpacks an object stream (7.5.7), once.
func (f *File) packedIn(num int) (*objectStream, error) {
	if o := f.packed[num]; o != nil {
		return o, nil
	}
	where, ok := f.places[num]
	if !ok || where.index >= 0 || where.at == 0 {
		return nil, ErrDamaged
	}
	n, v, s, err := f.objectAt(where.at)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*Dict)
	if !ok || s == nil || n != num {
		return nil, ErrDamaged
	}
	count, ok1 := AsInt(d.Get("N"))
	first, ok2 := AsInt(d.Get("First"))
	o := &objectStream{first: int(first)}
	if o.data, err = f.unpack(d, s); err != nil {
		return nil, err
	}
	if !ok1 || !ok2 || count < 0 || first < 0 || first > int64(len(o.data)) || count > first {
		return nil, ErrDamaged
	}
	p := &parser{data: o.data[:first], whole: true}
	for range count {
		num, err1 := p.value(0)
		at, err2 := p.value(0)
		if err1 != nil || err2 != nil {
			return nil, ErrDamaged
		}
		a, ok1 := AsInt(num)
		b, ok2 := AsInt(at)
		if !ok1 || !ok2 || a < 0 || b < 0 || b > int64(len(o.data)) {
			return nil, ErrDamaged
		}
		o.nums, o.at = append(o.nums, int(a)), append(o.at, int(b))
	}
	f.packed[num] = o
	return o, nil
}

// unpack returns a stream's bytes: as they are, or from Flate.
func (f *File) unpack(d *Dict, s *stream) ([]byte, error) {
	if s.size > maxStream || d.Get("F") != nil {
		return nil, ErrDamaged
	}
	raw := make([]byte, s.size)
	if _, err := f.src.ReadAt(raw, s.at); err != nil && err != io.EOF { //nolint:errorlint // readers give it bare
		return nil, err
	}
	filter, err := one(f, d.Get("Filter"))
	if err != nil {
		return nil, err
	}
	params, err := one(f, d.Get("DecodeParms"))
	if err != nil {
		return nil, err
	}
	switch name, _ := AsName(filter); {
	case filter == nil:
		return raw, nil
	case name != "FlateDecode" && name != "Fl":
		return nil, ErrDamaged
	}
	z, err := zlib.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, ErrDamaged
	}
	limit := min(f.left, maxStream)
	text, err := io.ReadAll(io.LimitReader(z, limit+1))
	if int64(len(text)) > limit || err != nil && len(text) == 0 { // a checksum that is wrong stops no reader
		return nil, ErrDamaged
	}
	f.left -= int64(len(text))
	if p, ok := params.(*Dict); ok {
		return unpredict(text, p)
	}
	return text, nil
}

// one is a value, or the single element of an array.
func one(f *File, v Value) (Value, error) {
	v, err := f.Lookup(v)
	if err != nil || v == Atom("null") {
		return nil, err
	}
	if a, ok := v.(Array); ok {
		switch len(a) {
		case 0:
			return nil, nil
		case 1:
			return one(f, a[0])
		}
		return nil, ErrDamaged
	}
	return v, nil
}

// unpredict undoes the predictors of PNG (7.4.4.4).
func unpredict(data []byte, p *Dict) ([]byte, error) {
	number := func(key string, otherwise int64) int {
		if n, ok := AsInt(p.Get(key)); ok && n > 0 && n < 1<<16 {
			return int(n)
		}
		return int(otherwise)
	}
	kind := number("Predictor", 1)
	if kind < 10 {
		if kind > 1 {
			return nil, ErrDamaged
		}
		return data, nil
	}
	deep := max(1, number("Colors", 1)*number("BitsPerComponent", 8)/8)
	row := (number("Columns", 1)*number("Colors", 1)*number("BitsPerComponent", 8) + 7) / 8
	var out []byte
	up := make([]byte, row)
	for len(data) > 0 {
		if len(data) < row+1 {
			return nil, ErrDamaged
		}
		how, now := data[0], bytes.Clone(data[1:row+1])
		data = data[row+1:]
		for i := range now {
			var left, corner byte
			if i >= deep {
				left, corner = now[i-deep], up[i-deep]
			}
			switch how {
			case 1:
				now[i] += left
			case 2:
				now[i] += up[i]
			case 3:
				now[i] += byte((int(left) + int(up[i])) / 2)
			case 4:
				now[i] += paeth(left, up[i], corner)
			}
		}
		out, up = append(out, now...), now
	}
	return out, nil
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int { return max(n, -n) }

// Numbers returns the numbers of all objects that are there, in order.
func (f *File) Numbers() []int {
	var out []int
	for num, where := range f.places {
		if where.index >= 0 || where.at != 0 {
			out = append(out, num)
		}
	}
	slices.Sort(out)
	return out
}

// Generation is an object's.
func (f *File) Generation(num int) int { return f.places[num].gen }

// Object returns an object by its number, with its stream's bytes as they lie in the file, nil without a stream.
func (f *File) Object(num int) (Value, *io.SectionReader, error) {
	v, s, err := f.object(num)
	if err != nil || s == nil {
		return v, nil, err
	}
	return v, io.NewSectionReader(f.src, s.at, s.size), nil
}
