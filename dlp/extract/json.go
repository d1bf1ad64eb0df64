package extract

import (
	"bufio"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonText is JSON with the escapes in its strings decoded, and otherwise as it is: names stay beside their values, and
// what is no JSON after all is still read.
func jsonText(x *run, r io.Reader) error {
	in := bufio.NewReaderSize(unicodeReader(r), 16<<10)
	out := bufio.NewWriterSize(x, 16<<10)
	high := rune(0) // the first half of a surrogate pair
	for {
		b, err := in.ReadByte()
		if err != nil {
			if ferr := out.Flush(); ferr != nil {
				return ferr
			}
			return endOfText(err)
		}
		if b != '\\' {
			if err := out.WriteByte(b); err != nil {
				return err
			}
			high = 0
			continue
		}
		c, err := escape(in)
		switch {
		case err != nil:
			continue // the next read tells
		case utf16.IsSurrogate(c) && high != 0:
			c = utf16.DecodeRune(high, c)
			high = 0
		case utf16.IsSurrogate(c):
			high = c
			continue
		default:
			high = 0
		}
		if _, err := out.WriteRune(c); err != nil {
			return err
		}
	}
}

// escape reads what follows a backslash.
func escape(in *bufio.Reader) (rune, error) {
	b, err := in.ReadByte()
	if err != nil {
		return 0, err
	}
	switch b {
	case 'n', 'r', 'f':
		return '\n', nil
	case 't', 'b':
		return '\t', nil
	case 'u':
		hex, err := in.Peek(4)
		if err != nil {
			return utf8.RuneError, nil //nolint:nilerr // the next read meets it
		}
		n, err := strconv.ParseUint(string(hex), 16, 16)
		if err != nil {
			return 'u', nil //nolint:nilerr // no escape: the letter is text
		}
		_, _ = in.Discard(4) // they are in the buffer
		return rune(n), nil
	}
	return rune(b), nil // of " \ / and of everything that is no escape, itself
}
