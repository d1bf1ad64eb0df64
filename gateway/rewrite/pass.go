package rewrite

import "bytes"

// passing says inside of what the page is that passes as it is.
type passing uint8

const (
	passNothing      passing = iota
	passTag                  // up to ">": document types, processing instructions, broken comments
	passCommentStart         // right after "<!--"
	passComment              // up to "-->" or "--!>"
	passCDATA                // up to "]]>"
)

// passOn returns where what passes ends, or how much of it is settled; wait when nothing is.
func (p *page) passOn(text []byte, i int, end bool) int {
	switch p.pass {
	case passTag:
		n := bytes.IndexByte(text[i:], '>')
		if n < 0 {
			return len(text)
		}
		p.pass = passNothing
		return i + n + 1
	case passCommentStart: // "<!-->" and "<!--->" are whole comments
		rest := text[i:]
		if len(rest) < 2 && !end && (len(rest) == 0 || rest[0] == '-') {
			return wait
		}
		p.pass = passComment
		switch {
		case bytes.HasPrefix(rest, []byte(">")):
			p.pass = passNothing
			return i + 1
		case bytes.HasPrefix(rest, []byte("->")):
			p.pass = passNothing
			return i + 2
		}
		return i
	case passCDATA:
		n := bytes.Index(text[i:], []byte("]]>"))
		if n >= 0 {
			p.pass = passNothing
			return i + n + 3
		}
		return keepBack(text, i, 2, end)
	}
	for at := i; ; {
		n := bytes.Index(text[at:], []byte("--"))
		if n < 0 {
			return keepBack(text, i, 3, end)
		}
		at += n
		switch rest := text[at+2:]; {
		case bytes.HasPrefix(rest, []byte(">")):
			p.pass = passNothing
			return at + 3
		case bytes.HasPrefix(rest, []byte("!>")):
			p.pass = passNothing
			return at + 4
		}
		at++
	}
}

// keepBack passes all but the last n bytes, which may be the beginning of an end.
func keepBack(text []byte, i, n int, end bool) int {
	if end {
		return len(text)
	}
	if len(text)-n <= i {
		return wait
	}
	return len(text) - n
}

// rawText reads the text of an element that holds no markup, up to its end tag, piece by piece (HTML Living Standard,
// 13.2.5.9 to 31).
type rawText struct {
	name   string // "" outside of one
	kind   scriptKind
	code   transformer // its text is code that is mapped as it comes
	held   []byte      // text that is looked at whole, with its tag
	tag    heldTag
	inner  *page // noscript
	hidden hiding
	dashes int // of the comment that it is hidden by, at the end of what was read
}

// hiding says what a script's "<!--" did to its end tag.
type hiding uint8

const (
	open    hiding = iota
	escaped        // after "<!--"
	double         // and "<script" in it
)

// next looks for the end tag in text. settled is text up to the end tag or to what may be the beginning of one; found says
// which. What is settled is not to be shown again.
func (r *rawText) next(text []byte, end bool) (settled int, found bool) {
	if r.name == "plaintext" {
		return len(text), false
	}
	for i := 0; i < len(text); {
		if r.hidden == open {
			n := bytes.IndexByte(text[i:], '<')
			if n < 0 {
				return len(text), false
			}
			i += n
		}
		c := text[i]
		if c != '<' {
			switch {
			case c == '-':
				r.dashes++
			case c == '>' && r.dashes >= 2:
				r.hidden, r.dashes = open, 0
			default:
				r.dashes = 0
			}
			i++
			continue
		}
		rest := text[i:]
		if !end && r.partial(rest) {
			return i, false
		}
		r.dashes = 0
		switch {
		case r.name == "script" && r.hidden == open && bytes.HasPrefix(rest, []byte("<!--")):
			r.hidden, r.dashes = escaped, 2
			i += 4
		case r.hidden == escaped && tagAt(rest[1:], "script"):
			r.hidden = double
			i += len("<script")
		case len(rest) > 1 && rest[1] == '/' && tagAt(rest[2:], r.name):
			if r.hidden != double {
				return i, true
			}
			r.hidden = escaped
			i += len("</script")
		default:
			i++
		}
	}
	return len(text), false
}

// unsent is text that is held, with its tag.
func (r *rawText) unsent() []byte {
	if r.kind != textHeld || r.name == "" {
		return nil
	}
	return append(append([]byte(nil), r.tag.raw...), r.held...)
}

// partial reports whether rest, at a "<", is too short to tell what it is.
func (r *rawText) partial(rest []byte) bool {
	begins := func(s string) bool {
		n := min(len(rest), len(s))
		return len(rest) <= len(s) && bytes.EqualFold(rest[:n], []byte(s)[:n])
	}
	return begins("</"+r.name) || r.name == "script" && (len(rest) < 4 && begins("<!--") || begins("<script"))
}

// tagAt reports whether text begins with a tag's name and what may follow one.
func tagAt(text []byte, name string) bool {
	if len(text) <= len(name) || !bytes.EqualFold(text[:len(name)], []byte(name)) {
		return false
	}
	c := text[len(name)]
	return space(c) || c == '/' || c == '>'
}
