package rewrite

import "bytes"

// attribute is one attribute of a tag, by its place in the tag's raw bytes.
type attribute struct {
	nameFrom, nameTo   int
	valueFrom, valueTo int // without quotes; equal where there is no value
	quote              byte
}

// tagScan reads one tag as the HTML tokenizer does (HTML Living Standard, 13.2.5.8 and 13.2.5.32 to 40). It goes on where
// it stopped when more of the tag is there, so that a tag of many pieces is read once.
type tagScan struct {
	at     int // next byte, counted from the tag's "<"
	state  tagState
	nameTo int
	attrs  []attribute
	closed bool // it ends in "/>"
}

type tagState uint8

const (
	tagName tagState = iota
	beforeName
	inName
	afterName
	beforeValue
	inValue // quoted
	bareValue
	afterValue
	slash
)

// begin starts a tag whose name begins at from.
func (s *tagScan) begin(from int) {
	s.at, s.state, s.nameTo, s.closed = from, tagName, 0, false
	s.attrs = s.attrs[:0]
}

// scan reads on in raw, which begins at the tag's "<". whole says that the tag ends before s.at.
func (s *tagScan) scan(raw []byte) (whole bool) {
	for s.at < len(raw) {
		c := raw[s.at]
		switch s.state {
		case tagName:
			switch {
			case space(c):
				s.nameTo, s.state = s.at, beforeName
			case c == '/':
				s.nameTo, s.state = s.at, slash
			case c == '>':
				s.nameTo = s.at
				s.at++
				return true
			}
		case beforeName:
			switch {
			case space(c):
			case c == '/':
				s.state = slash
			case c == '>':
				s.at++
				return true
			default: // also "=": it is part of the name
				s.attrs = append(s.attrs, attribute{nameFrom: s.at})
				s.state = inName
			}
		case inName:
			a := &s.attrs[len(s.attrs)-1]
			switch {
			case c == '=':
				a.nameTo, s.state = s.at, beforeValue
			case space(c), c == '/', c == '>':
				a.nameTo, s.state = s.at, afterName
				continue
			}
		case afterName:
			switch {
			case space(c):
			case c == '=':
				s.state = beforeValue
			default:
				s.state = beforeName
				continue
			}
		case beforeValue:
			a := &s.attrs[len(s.attrs)-1]
			switch {
			case space(c):
			case c == '"', c == '\'':
				a.quote, a.valueFrom, s.state = c, s.at+1, inValue
			case c == '>':
				s.at++
				return true
			default:
				a.valueFrom, s.state = s.at, bareValue
				continue
			}
		case inValue:
			a := &s.attrs[len(s.attrs)-1]
			n := bytes.IndexByte(raw[s.at:], a.quote)
			if n < 0 {
				s.at = len(raw)
				return false
			}
			s.at += n
			a.valueTo, s.state = s.at, afterValue
		case bareValue:
			a := &s.attrs[len(s.attrs)-1]
			switch {
			case space(c):
				a.valueTo, s.state = s.at, beforeName
			case c == '>':
				a.valueTo = s.at
				s.at++
				return true
			}
		case afterValue:
			s.state = beforeName
			continue
		case slash:
			if c == '>' {
				s.closed = true
				s.at++
				return true
			}
			s.state = beforeName
			continue
		}
		s.at++
	}
	return false
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
