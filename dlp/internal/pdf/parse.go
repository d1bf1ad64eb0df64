package pdf

import (
	"bytes"
	"strconv"
)

// maxDeep bounds how deep values nest.
const maxDeep = 64

// parser reads values from part of a file. With whole set, the end of data is the end of what there is.
type parser struct {
	data  []byte
	at    int
	whole bool
}

func (p *parser) short() error {
	if p.whole {
		return ErrDamaged
	}
	return errShort
}

func white(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func delimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

// space skips white space and comments.
func (p *parser) space() {
	for p.at < len(p.data) {
		switch c := p.data[p.at]; {
		case white(c):
			p.at++
		case c == '%':
			for p.at < len(p.data) && p.data[p.at] != '\n' && p.data[p.at] != '\r' {
				p.at++
			}
		default:
			return
		}
	}
}

// word reads a number or a keyword.
func (p *parser) word() (string, error) {
	p.space()
	from := p.at
	for p.at < len(p.data) && !white(p.data[p.at]) && !delimiter(p.data[p.at]) {
		p.at++
	}
	if p.at == len(p.data) && !p.whole {
		return "", errShort
	}
	if p.at == from {
		return "", ErrDamaged
	}
	return string(p.data[from:p.at]), nil
}

// value reads a value; a reference where two whole numbers and an R stand.
func (p *parser) value(deep int) (Value, error) {
	if deep > maxDeep {
		return nil, ErrDamaged
	}
	p.space()
	if p.at >= len(p.data) {
		return nil, p.short()
	}
	from := p.at
	switch c := p.data[p.at]; c {
	case '/':
		p.at++
		for p.at < len(p.data) && !white(p.data[p.at]) && !delimiter(p.data[p.at]) {
			p.at++
		}
		if p.at == len(p.data) && !p.whole {
			return nil, errShort
		}
		return Atom(p.data[from:p.at]), nil
	case '(':
		for depth := 0; p.at < len(p.data); p.at++ {
			switch p.data[p.at] {
			case '\\':
				p.at++
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					p.at++
					return Atom(p.data[from:p.at]), nil
				}
			}
		}
		return nil, p.short()
	case '[':
		p.at++
		out := Array{}
		for {
			p.space()
			if p.at >= len(p.data) {
				return nil, p.short()
			}
			if p.data[p.at] == ']' {
				p.at++
				return out, nil
			}
			v, err := p.value(deep + 1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	case '<':
		if p.at+1 >= len(p.data) {
			return nil, p.short()
		}
		if p.data[p.at+1] == '<' {
			return p.dict(deep)
		}
		end := bytes.IndexByte(p.data[p.at:], '>')
		if end < 0 {
			return nil, p.short()
		}
		p.at += end + 1
		return Atom(p.data[from:p.at]), nil
	case '>', ')', ']', '{', '}':
		return nil, ErrDamaged
	}
	w, err := p.word()
	if err != nil {
		return nil, err
	}
	num, err := strconv.Atoi(w)
	if err != nil || num < 0 {
		if w != "true" && w != "false" && w != "null" {
			if _, ok := AsFloat(Atom(w)); !ok {
				return nil, ErrDamaged
			}
		}
		return Atom(w), nil
	}
	// A number, or the first of a reference.
	after := p.at
	gen, err := p.word()
	if err == errShort { //nolint:errorlint // our own, never wrapped
		return nil, err
	}
	if g, bad := strconv.Atoi(gen); err == nil && bad == nil && g >= 0 && g <= 65535 {
		r, err := p.word()
		if err == errShort { //nolint:errorlint // our own, never wrapped
			return nil, err
		}
		if err == nil && r == "R" {
			return Ref{num, g}, nil
		}
	}
	p.at = after
	return Atom(w), nil
}

func (p *parser) dict(deep int) (Value, error) {
	p.at += 2
	d := NewDict()
	for {
		p.space()
		if p.at+1 >= len(p.data) {
			return nil, p.short()
		}
		if p.data[p.at] == '>' {
			if p.data[p.at+1] != '>' {
				return nil, ErrDamaged
			}
			p.at += 2
			return d, nil
		}
		k, err := p.value(maxDeep)
		if err != nil {
			return nil, err
		}
		key, ok := AsName(k)
		if !ok {
			return nil, ErrDamaged
		}
		v, err := p.value(deep + 1)
		if err != nil {
			return nil, err
		}
		d.Set(key, v)
	}
}
