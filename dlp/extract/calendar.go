package extract

import (
	"bufio"
	"io"
)

// calendarText is iCalendar (RFC 5545) and vCard (RFC 6350): folded lines joined, escapes decoded.
func calendarText(x *run, r io.Reader) error {
	in := bufio.NewReaderSize(unicodeReader(r), 16<<10)
	out := bufio.NewWriterSize(x, 16<<10)
	for {
		b, err := in.ReadByte()
		if err != nil {
			if ferr := out.Flush(); ferr != nil {
				return ferr
			}
			return endOfText(err)
		}
		switch b {
		case '\r':
			continue
		case '\n':
			if next, _ := in.Peek(1); len(next) == 1 && (next[0] == ' ' || next[0] == '\t') {
				_, _ = in.Discard(1) // it is in the buffer
				continue
			}
		case '\\':
			next, err := in.ReadByte()
			if err != nil {
				continue // the next read tells
			}
			b = next
			if next|0x20 == 'n' {
				b = '\n'
			}
		}
		if err := out.WriteByte(b); err != nil {
			return err
		}
	}
}
