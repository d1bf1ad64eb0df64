package dlp

import "unicode/utf8"

// judged asks a pattern's Judge. Its error ends the scan.
func (s *Scan) judged(p *pattern, start, end int) int {
	if s.failed != nil {
		return 0
	}
	low, high := before(s.buf, start, p.proximity), after(s.buf, end, p.proximity)
	c, err := p.judge(s.buf[low:high], start-low, end-low)
	if err == nil && c != 0 && levelOf(c) < 0 {
		c = 0
	}
	if err != nil {
		// fail closed: what can't be judged is not reported as clean
		s.failed, s.enough = err, true
		return 0
	}
	return c
}

// before is where the n characters in front of text[at] begin.
func before(text []byte, at, n int) int {
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRune(text[:at])
		at -= size
	}
	return at
}

// after is where the n characters from text[at] on end.
func after(text []byte, at, n int) int {
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at
}
