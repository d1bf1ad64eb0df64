package pdf

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

// Bounds of reading.
const (
	maxObject   = 16 << 20 // of one object without its stream
	maxStream   = 64 << 20 // of one stream, unpacked
	maxUnpacked = 512 << 20
	maxObjects  = 4 << 20
	maxSections = 4096 // of the cross references
)

// place is where an object lies.
type place struct {
	at    int64 // offset; or the number of the object stream
	index int   // in the object stream, -1 for none
	gen   int
}

// File is a PDF by its cross references. It is not safe for concurrent use.
type File struct {
	Trailer *Dict
	Size    int64 // of the file

	src     io.ReaderAt
	places  map[int]place
	last    int64 // offset of the newest cross references
	stream  bool  // these are a stream
	objects int64 // one more than the highest number
	packed  map[int]*objectStream
	left    int64 // how much more may be unpacked
}

type objectStream struct {
	data  []byte
	nums  []int
	at    []int
	first int
}

// Open reads the cross references, the newest first.
func Open(src io.ReaderAt, size int64) (*File, error) {
	f := &File{src: src, Size: size, places: map[int]place{}, packed: map[int]*objectStream{}, left: maxUnpacked}
	tail, err := f.read(max(0, size-2048), 2048)
	if err != nil {
		return nil, err
	}
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return nil, ErrDamaged
	}
	p := &parser{data: tail, at: i + len("startxref"), whole: true}
	w, err := p.word()
	if err != nil {
		return nil, err
	}
	at, err := strconv.ParseInt(w, 10, 64)
	if err != nil {
		return nil, ErrDamaged
	}
	f.last = at
	seen := map[int64]bool{}
	for next := []int64{at}; len(next) > 0; {
		at, next = next[0], next[1:]
		if seen[at] || len(seen) >= maxSections {
			return nil, ErrDamaged
		}
		seen[at] = true
		t, found, err := f.section(at)
		if err != nil {
			return nil, err
		}
		if f.Trailer == nil {
			f.Trailer = t
		}
		if v := t.Get("XRefStm"); v != nil {
			// A hybrid (7.5.8.4): what the table calls free may be in the stream.
			n, ok := AsInt(v)
			if !ok || seen[n] {
				return nil, ErrDamaged
			}
			seen[n] = true
			_, more, err := f.section(n)
			if err != nil {
				return nil, err
			}
			for num, where := range more {
				if now, ok := found[num]; !ok || now.at == 0 {
					found[num] = where
				}
			}
		}
		f.keep(found)
		if v := t.Get("Prev"); v != nil {
			n, ok := AsInt(v)
			if !ok {
				return nil, ErrDamaged
			}
			next = append(next, n)
		}
	}
	for num := range f.places {
		f.objects = max(f.objects, int64(num)+1)
	}
	if n, ok := AsInt(f.Trailer.Get("Size")); ok && n > 0 && n < maxObjects {
		f.objects = max(f.objects, n)
	}
	return f, nil
}

// read returns up to n bytes from an offset on.
func (f *File) read(at int64, n int) ([]byte, error) {
	if at < 0 || at >= f.Size {
		return nil, ErrDamaged
	}
	data := make([]byte, min(int64(n), f.Size-at))
	if _, err := f.src.ReadAt(data, at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return data, nil
}

// parse calls do on ever larger parts of the file until it has read what it wants.
func (f *File) parse(at int64, do func(*parser) error) error {
	for n := 4096; ; n *= 8 {
		data, err := f.read(at, min(n, maxObject))
		if err != nil {
			return err
		}
		whole := int64(len(data)) == f.Size-at || n >= maxObject
		if err = do(&parser{data: data, whole: whole}); err != errShort { //nolint:errorlint // our own, never wrapped
			return err
		}
	}
}

// section reads a section of cross references, and returns its trailer and the places of objects.
func (f *File) section(at int64) (*Dict, map[int]place, error) {
	head, err := f.read(at, 64)
	if err != nil {
		return nil, nil, err
	}
	if !bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\x00\f"), []byte("xref")) {
		return f.streamSection(at)
	}
	var trailer *Dict
	found := map[int]place{}
	err = f.parse(at, func(p *parser) error {
		clear(found)
		if _, err := p.word(); err != nil {
			return err
		}
		for {
			w, err := p.word()
			if err != nil {
				return err
			}
			if w == "trailer" {
				break
			}
			first, err1 := strconv.Atoi(w)
			if w, err = p.word(); err != nil {
				return err
			}
			count, err2 := strconv.Atoi(w)
			if err1 != nil || err2 != nil || first < 0 || count < 0 || first+count > maxObjects {
				return ErrDamaged
			}
			for i := range count {
				var words [3]string
				for k := range words {
					if words[k], err = p.word(); err != nil {
						return err
					}
				}
				offset, err1 := strconv.ParseInt(words[0], 10, 64)
				gen, err2 := strconv.Atoi(words[1])
				if err1 != nil || err2 != nil || words[2] != "n" && words[2] != "f" {
					return ErrDamaged
				}
				if words[2] == "f" {
					offset = 0
				}
				found[first+i] = place{offset, -1, gen}
			}
		}
		v, err := p.value(0)
		if err != nil {
			return err
		}
		var ok bool
		if trailer, ok = v.(*Dict); !ok {
			return ErrDamaged
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return trailer, found, nil
}

// keep takes places of objects that no newer section had.
func (f *File) keep(found map[int]place) {
	for num, where := range found {
		if _, ok := f.places[num]; !ok {
			f.places[num] = where
		}
	}
}

func (f *File) streamSection(at int64) (*Dict, map[int]place, error) {
	_, v, data, err := f.objectAt(at)
	if err != nil {
		return nil, nil, err
	}
	d, ok := v.(*Dict)
	if kind, _ := AsName(dictGet(d, "Type")); !ok || kind != "XRef" || data == nil {
		return nil, nil, ErrDamaged
	}
	if at == f.last {
		f.stream = true
	}
	text, err := f.unpack(d, data)
	if err != nil {
		return nil, nil, err
	}
	widths, ok := d.Get("W").(Array)
	if !ok || len(widths) < 3 {
		return nil, nil, ErrDamaged
	}
	var w [3]int
	for i := range w {
		n, ok := AsInt(widths[i])
		if !ok || n < 0 || n > 8 {
			return nil, nil, ErrDamaged
		}
		w[i] = int(n)
	}
	size, ok := AsInt(d.Get("Size"))
	if !ok || size < 0 || size > maxObjects {
		return nil, nil, ErrDamaged
	}
	index, ok := d.Get("Index").(Array)
	if !ok {
		index = Array{Int(0), Int(size)}
	}
	found := map[int]place{}
	row := w[0] + w[1] + w[2]
	for i := 0; i+1 < len(index); i += 2 {
		first, ok1 := AsInt(index[i])
		count, ok2 := AsInt(index[i+1])
		if !ok1 || !ok2 || first < 0 || count < 0 || first+count > maxObjects || row == 0 {
			return nil, nil, ErrDamaged
		}
		for n := first; n < first+count; n++ {
			if len(text) < row {
				return nil, nil, ErrDamaged
			}
			field := func(from, n int, otherwise int64) int64 {
				if n == 0 {
					return otherwise
				}
				v := int64(0)
				for _, c := range text[from : from+n] {
					v = v<<8 | int64(c)
				}
				return v
			}
			kind, a, b := field(0, w[0], 1), field(w[0], w[1], 0), field(w[0]+w[1], w[2], 0)
			text = text[row:]
			switch kind {
			case 0:
				found[int(n)] = place{0, -1, 0}
			case 1:
				found[int(n)] = place{a, -1, int(b)}
			case 2:
				if a <= 0 || a > maxObjects || b < 0 || b > maxObjects {
					return nil, nil, ErrDamaged
				}
				found[int(n)] = place{a, int(b), 0}
			}
		}
	}
	return d, found, nil
}

func dictGet(d *Dict, key string) Value {
	if d == nil {
		return nil
	}
	return d.Get(key)
}

// stream is where a stream's bytes lie.
type stream struct{ at, size int64 }

// objectAt reads the object at an offset: its number, its value and its stream, nil without one.
func (f *File) objectAt(at int64) (num int, v Value, s *stream, err error) {
	err = f.parse(at, func(p *parser) error {
		s = nil
		var words [3]string
		for i := range words {
			if words[i], err = p.word(); err != nil {
				return err
			}
		}
		if num, err = strconv.Atoi(words[0]); err != nil || words[2] != "obj" {
			return ErrDamaged
		}
		if v, err = p.value(0); err != nil {
			return err
		}
		d, ok := v.(*Dict)
		w, err := p.word()
		if !ok || err != nil || w != "stream" {
			if err == errShort { //nolint:errorlint // our own, never wrapped
				return err
			}
			return nil // an endobj that is missing is nobody's loss
		}
		if p.at+2 > len(p.data) {
			return p.short()
		}
		if p.data[p.at] == '\r' {
			p.at++
		}
		if p.data[p.at] == '\n' {
			p.at++
		}
		s = &stream{at: at + int64(p.at)}
		if s.size, ok = AsInt(d.Get("Length")); !ok {
			s.size = -1
		}
		return nil
	})
	if err != nil || s == nil {
		return num, v, s, err
	}
	if s.size < 0 {
		r, ok := v.(*Dict).Get("Length").(Ref)
		where, known := f.places[r.Num]
		if !ok || !known || where.index >= 0 || where.at == at {
			return 0, nil, nil, ErrDamaged
		}
		var length Value
		err = f.parse(where.at, func(p *parser) error {
			for range 3 {
				if _, err := p.word(); err != nil {
					return err
				}
			}
			length, err = p.value(0)
			return err
		})
		if s.size, ok = AsInt(length); err != nil || !ok {
			return 0, nil, nil, ErrDamaged
		}
	}
	if s.size < 0 || s.at+s.size > f.Size {
		return 0, nil, nil, ErrDamaged
	}
	return num, v, s, nil
}
