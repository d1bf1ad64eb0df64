package pdf

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// ErrDamaged says that a file isn't what ISO 32000 says a PDF is.
var ErrDamaged = errors.New("the PDF is damaged")

// errShort says that an object goes on behind what was read of the file.
var errShort = errors.New("more of the file is needed")

// A Value is an [Atom], a [Ref], an [Array] or a [*Dict].
type Value any

// Atom is a number, name, string, boolean or null as the file has it.
type Atom string

// Ref refers to an object by its number and generation.
type Ref struct{ Num, Gen int }

// Array holds values.
type Array []Value

// Dict is a dictionary. Keys are without their slash and decoded; their order is kept.
type Dict struct {
	keys []string
	vals map[string]Value
}

// NewDict returns a dictionary of keys and values by turns.
func NewDict(pairs ...any) *Dict {
	d := &Dict{vals: map[string]Value{}}
	for i := 0; i < len(pairs); i += 2 {
		d.Set(pairs[i].(string), pairs[i+1])
	}
	return d
}

// Get returns a key's value, nil when there is none; it is not looked up.
func (d *Dict) Get(key string) Value { return d.vals[key] }

// Keys returns the keys in order.
func (d *Dict) Keys() []string { return slices.Clone(d.keys) }

// Set sets a key's value.
func (d *Dict) Set(key string, v Value) {
	if _, ok := d.vals[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.vals[key] = v
}

// Delete drops a key.
func (d *Dict) Delete(key string) {
	if _, ok := d.vals[key]; ok {
		delete(d.vals, key)
		d.keys = slices.DeleteFunc(d.keys, func(k string) bool { return k == key })
	}
}

// Clone copies a dictionary, values as they are.
func (d *Dict) Clone() *Dict {
	c := NewDict()
	for _, k := range d.keys {
		c.Set(k, d.vals[k])
	}
	return c
}

// Name is the atom of a name.
func Name(s string) Atom {
	var b strings.Builder
	b.WriteByte('/')
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte("#/()<>[]{}%", c) >= 0 {
			b.WriteString("#" + strings.ToUpper(hex.EncodeToString([]byte{c})))
		} else {
			b.WriteByte(c)
		}
	}
	return Atom(b.String())
}

// Text is the atom of a text string (7.9.2.2): ASCII as it is, else UTF-16 with its mark, both as hexadecimal digits where
// they would need escapes.
func Text(s string) Atom {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '(' || c == ')' || c == '\\' {
			plain = false
		}
	}
	if plain {
		return Atom("(" + s + ")")
	}
	return Atom("<" + strings.ToUpper(hex.EncodeToString(utf16(s))) + ">")
}

// Int is the atom of a number.
func Int(n int64) Atom { return Atom(strconv.FormatInt(n, 10)) }

// AsName returns a name's text.
func AsName(v Value) (string, bool) {
	a, ok := v.(Atom)
	if !ok || !strings.HasPrefix(string(a), "/") {
		return "", false
	}
	return decodeName(string(a[1:])), true
}

// AsInt returns a whole number.
func AsInt(v Value) (int64, bool) {
	a, ok := v.(Atom)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(string(a), "+"), 10, 64)
	return n, err == nil
}

// AsFloat returns a number.
func AsFloat(v Value) (float64, bool) {
	a, ok := v.(Atom)
	if !ok || a == "" || strings.Trim(string(a), "0123456789+-.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(a), 64)
	return f, err == nil
}

// AsBytes returns a string's bytes, literal or hexadecimal.
func AsBytes(v Value) ([]byte, bool) {
	a, ok := v.(Atom)
	switch {
	case !ok:
		return nil, false
	case strings.HasPrefix(string(a), "("):
		return literal(string(a)), true
	case strings.HasPrefix(string(a), "<"):
		digits := strings.Map(func(r rune) rune {
			if strings.ContainsRune(" \t\r\n\f\x00", r) {
				return -1
			}
			return r
		}, strings.Trim(string(a), "<>"))
		if len(digits)%2 == 1 {
			digits += "0"
		}
		b, err := hex.DecodeString(digits)
		return b, err == nil
	}
	return nil, false
}

// AsText returns a text string: UTF-16 or UTF-8 with their marks, else bytes, of which ASCII alone is told.
func AsText(v Value) (string, bool) {
	b, ok := AsBytes(v)
	switch {
	case !ok:
		return "", false
	case bytes.HasPrefix(b, []byte("\xfe\xff")), bytes.HasPrefix(b, []byte("\xff\xfe")):
		return fromUTF16(b[2:], b[0] == 0xfe), true
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(b[3:]), "\uFFFD"), true
	}
	var s strings.Builder
	for _, c := range b { // PDFDocEncoding agrees with Latin 1 but for a few signs
		s.WriteRune(rune(c))
	}
	return s.String(), true
}

// Write writes a value as it stands in a file.
func Write(b *bytes.Buffer, v Value) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case Atom:
		b.WriteString(string(v))
	case Ref:
		b.WriteString(strconv.Itoa(v.Num) + " " + strconv.Itoa(v.Gen) + " R")
	case Array:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(' ')
			}
			Write(b, e)
		}
		b.WriteByte(']')
	case *Dict:
		b.WriteString("<<")
		for _, k := range v.keys {
			b.WriteString(string(Name(k)) + " ")
			Write(b, v.vals[k])
			b.WriteByte('\n')
		}
		b.WriteString(">>")
	default:
		panic("pdf: a value that isn't one")
	}
}

func decodeName(s string) string {
	if !strings.Contains(s, "#") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '#' && i+2 < len(s) {
			if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.WriteByte(c[0])
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// literal decodes (…) (7.3.4.2).
func literal(s string) []byte {
	s = s[1 : len(s)-1]
	var out []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' || i+1 == len(s) {
			out = append(out, c)
			continue
		}
		i++
		switch c = s[i]; c {
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case '\r':
			if i+1 < len(s) && s[i+1] == '\n' {
				i++
			}
		case '\n':
		default:
			if c < '0' || c > '7' {
				out = append(out, c)
				continue
			}
			n := 0
			for k := 0; k < 3 && i < len(s) && s[i] >= '0' && s[i] <= '7'; k++ {
				n = n*8 + int(s[i]-'0')
				i++
			}
			i--
			out = append(out, byte(n))
		}
	}
	return out
}

func utf16(s string) []byte {
	out := []byte{0xfe, 0xff}
	for _, r := range s {
		if r >= 0x10000 {
			r -= 0x10000
			hi, lo := 0xd800+r>>10, 0xdc00+r&0x3ff
			out = append(out, byte(hi>>8), byte(hi), byte(lo>>8), byte(lo))
			continue
		}
		out = append(out, byte(r>>8), byte(r))
	}
	return out
}

func fromUTF16(b []byte, big bool) string {
	var s strings.Builder
	unit := func(i int) rune {
		if big {
			return rune(b[i])<<8 | rune(b[i+1])
		}
		return rune(b[i+1])<<8 | rune(b[i])
	}
	for i := 0; i+1 < len(b); i += 2 {
		r := unit(i)
		if r >= 0xd800 && r < 0xdc00 && i+3 < len(b) {
			if lo := unit(i + 2); lo >= 0xdc00 && lo < 0xe000 {
				r, i = 0x10000+(r-0xd800)<<10+(lo-0xdc00), i+2
			}
		}
		s.WriteRune(r)
	}
	return s.String()
}
