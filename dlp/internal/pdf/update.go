package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Update gathers objects that are written behind a file (7.5.6).
type Update struct {
	f       *File
	next    int
	objects map[int]written
	trailer *Dict
}

type written struct {
	v    Value
	data []byte // of a stream; nil without one
}

// Update begins an update.
func (f *File) Update() *Update {
	t := NewDict()
	for _, key := range []string{"Root", "Info", "ID"} {
		if v := f.Trailer.Get(key); v != nil {
			t.Set(key, v)
		}
	}
	return &Update{f: f, next: int(f.objects), objects: map[int]written{}, trailer: t}
}

// Add writes a new object, with a stream where data isn't nil.
func (u *Update) Add(v Value, data []byte) Ref {
	r := Ref{Num: u.next}
	u.next++
	u.objects[r.Num] = written{v, data}
	return r
}

// Replace writes a new version of the object that r refers to.
func (u *Update) Replace(r Ref, v Value, data []byte) { u.objects[r.Num] = written{v, data} }

// Current looks a value up as the update leaves it.
func (u *Update) Current(v Value) (Value, error) {
	if r, ok := v.(Ref); ok {
		if w, ok := u.objects[r.Num]; ok {
			return w.v, nil
		}
	}
	return u.f.Lookup(v)
}

// SetTrailer sets a key of the new trailer.
func (u *Update) SetTrailer(key string, v Value) { u.trailer.Set(key, v) }

// WriteTo writes the file and the update behind it: cross references of the kind that the file has.
func (u *Update) WriteTo(w io.Writer) (int64, error) {
	tail, err := u.bytes()
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, io.NewSectionReader(u.f.src, 0, u.f.Size))
	if err != nil {
		return n, err
	}
	if n != u.f.Size {
		return n, io.ErrUnexpectedEOF
	}
	k, err := w.Write(tail)
	return n + int64(k), err
}

func (u *Update) bytes() ([]byte, error) {
	var b bytes.Buffer
	end, err := u.f.read(u.f.Size-1, 1)
	if err != nil {
		return nil, err
	}
	if end[0] != '\n' {
		b.WriteByte('\n')
	}
	at := map[int]int64{}
	gens := map[int]int{}
	for _, num := range slices.Sorted(maps.Keys(u.objects)) {
		o := u.objects[num]
		if where, ok := u.f.places[num]; ok && where.index < 0 && where.at != 0 {
			gens[num] = where.gen
		}
		at[num] = u.f.Size + int64(b.Len())
		writeObject(&b, num, gens[num], o)
	}
	u.identify(b.Bytes())
	u.trailer.Set("Prev", Int(u.f.last))
	if u.f.stream {
		u.asStream(&b, at, gens)
	} else {
		u.asTable(&b, at, gens)
	}
	return b.Bytes(), nil
}

func writeObject(b *bytes.Buffer, num, gen int, o written) {
	fmt.Fprintf(b, "%d %d obj\n", num, gen)
	if o.data != nil {
		d := o.v.(*Dict).Clone()
		d.Set("Length", Int(int64(len(o.data))))
		Write(b, d)
		b.WriteString("\nstream\n")
		b.Write(o.data)
		b.WriteString("\nendstream")
	} else {
		Write(b, o.v)
	}
	b.WriteString("\nendobj\n")
}

// identify changes the second part of the file's id, which is that of this version (14.4).
func (u *Update) identify(content []byte) {
	id, ok := u.trailer.Get("ID").(Array)
	if !ok || len(id) != 2 {
		return
	}
	var was bytes.Buffer
	Write(&was, id)
	sum := sha256.Sum256(append(was.Bytes(), content...))
	u.trailer.Set("ID", Array{id[0], Atom("<" + strings.ToUpper(hex.EncodeToString(sum[:16])) + ">")})
}

// runs are the numbers in runs that follow each other.
func runs(at map[int]int64) [][]int {
	var out [][]int
	for _, num := range slices.Sorted(maps.Keys(at)) {
		if k := len(out) - 1; k >= 0 && out[k][len(out[k])-1] == num-1 {
			out[k] = append(out[k], num)
		} else {
			out = append(out, []int{num})
		}
	}
	return out
}

func (u *Update) asTable(b *bytes.Buffer, at map[int]int64, gens map[int]int) {
	start := u.f.Size + int64(b.Len())
	b.WriteString("xref\n")
	for _, run := range runs(at) {
		fmt.Fprintf(b, "%d %d\n", run[0], len(run))
		for _, num := range run {
			fmt.Fprintf(b, "%010d %05d n \n", at[num], gens[num])
		}
	}
	u.trailer.Set("Size", Int(int64(u.next)))
	b.WriteString("trailer\n")
	Write(b, u.trailer)
	fmt.Fprintf(b, "\nstartxref\n%d\n%%%%EOF\n", start)
}

func (u *Update) asStream(b *bytes.Buffer, at map[int]int64, gens map[int]int) {
	start := u.f.Size + int64(b.Len())
	num := u.next
	u.next++
	at[num] = start
	var rows []byte
	var index Array
	for _, run := range runs(at) {
		index = append(index, Int(int64(run[0])), Int(int64(len(run))))
		for _, n := range run {
			rows = append(rows, 1)
			for shift := 56; shift >= 0; shift -= 8 {
				rows = append(rows, byte(at[n]>>shift))
			}
			rows = append(rows, byte(gens[n]>>8), byte(gens[n]))
		}
	}
	d := u.trailer
	d.Set("Type", Name("XRef"))
	d.Set("Size", Int(int64(u.next)))
	d.Set("W", Array{Int(1), Int(8), Int(2)})
	d.Set("Index", index)
	writeObject(b, num, 0, written{d, rows})
	fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", start)
}
