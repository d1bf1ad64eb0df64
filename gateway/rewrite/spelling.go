package rewrite

import "bytes"

// The spellings of "/" and ":" that scripts, addresses within addresses, style and markup use: plain, escaped in JSON
// (once, or in JSON within a string), by code in a string, by percent once or more, by reference, and as CSS does.

// slashBefore is the length of one slash at the end of b; 0 for none.
func slashBefore(b []byte) int {
	n := len(b)
	if n == 0 {
		return 0
	}
	switch c := b[n-1]; c {
	case '/':
		return 1 + backslashes(b[:n-1])
	case 'f', 'F':
		return escapedBefore(b, "2f")
	case '}':
		if hasSuffixFold(b, "u{2f}") {
			if s := backslashes(b[:n-5]); s > 0 {
				return 5 + s
			}
		}
	case ';':
		for _, ref := range [...]string{"&#47;", "&#x2f;", "&sol;"} {
			if hasSuffixFold(b, ref) {
				return len(ref)
			}
		}
	case ' ': // CSS: a space ends an escape
		return cssBefore(b[:n-1], 1)
	}
	return 0
}

// escapedBefore is the length of an escaped byte, in two hex digits, at the end of b: "%2F", "%252F", "\x2f", "\u002f", "\00002f".
func escapedBefore(b []byte, digits string) int {
	if !hasSuffixFold(b, digits) {
		return 0
	}
	head := b[:len(b)-2]
	for n := len(head); ; n -= 2 {
		if n > 0 && head[n-1] == '%' {
			return len(b) - n + 1
		}
		if n < 2 || head[n-1] != '5' || head[n-2] != '2' {
			break
		}
	}
	for _, lead := range [...]string{"u00", "x"} {
		if hasSuffixFold(head, lead) {
			if s := backslashes(head[:len(head)-len(lead)]); s > 0 {
				return 2 + len(lead) + s
			}
		}
	}
	return cssBefore(b, 0)
}

// cssBefore is the length of a slash as CSS escapes it: "\2f" and up to four zeros (CSS Syntax, section 4.3.7).
func cssBefore(b []byte, more int) int {
	if !hasSuffixFold(b, "2f") {
		return 0
	}
	n := len(b) - 2
	for n > 0 && b[n-1] == '0' && len(b)-n < 6 {
		n--
	}
	if n > 0 && b[n-1] == '\\' && (more > 0 || len(b)-n == 6) {
		return len(b) - n + 1 + more
	}
	return 0
}

func backslashes(b []byte) (n int) {
	for n < len(b) && n < 8 && b[len(b)-1-n] == '\\' {
		n++
	}
	return n
}

// escapeLen returns how many bytes at the start of a run belong to an escape that begins before it: "2F" of "%2F", "252F" of
// "%252F", "u002f" of "\u002f", "x2f" of "\x2f", "00002f" of "\00002f".
func escapeLen(before, run []byte) int {
	if len(before) == 0 {
		return 0
	}
	switch before[len(before)-1] {
	case '%':
		n := 0
		for hasPrefixFold(run[n:], "25") {
			n += 2
		}
		if hasPrefixFold(run[n:], "2f") {
			return n + 2
		}
	case '\\':
		for _, escape := range [...]string{"u002f", "x2f", "00002f"} {
			if hasPrefixFold(run, escape) {
				return len(escape)
			}
		}
	}
	return 0
}

// portAfter reads a port after a host: ":8443" or with the colon in another spelling. colon is as it is spelled, end where the
// port ends; at where there is none.
func portAfter(text []byte, at int) (colon, port string, end int) {
	i := at + colonAt(text[at:])
	if i == at {
		return "", "", at
	}
	digits := i
	for i < len(text) && i-digits < 6 && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	if i == digits || i-digits > 5 {
		return "", "", at
	}
	return string(text[at:digits]), string(text[digits:i]), i
}

// colons are the spellings of ":" but for those by percent.
var colons = [...]string{`\u003a`, `\x3a`, `\u{3a}`, "&#58;", "&#x3a;", "&colon;", `\3a `, `\00003a`}

// colonAt is the length of a colon at the start of text.
func colonAt(text []byte) int {
	if len(text) == 0 {
		return 0
	}
	switch text[0] {
	case ':':
		return 1
	case '%':
		n := 1
		for hasPrefixFold(text[n:], "25") {
			n += 2
		}
		if hasPrefixFold(text[n:], "3a") {
			return n + 2
		}
	case '\\', '&':
		slashes := 0
		for slashes < len(text)-1 && text[slashes+1] == '\\' {
			slashes++
		}
		for _, c := range colons {
			if hasPrefixFold(text[slashes:], c) {
				return slashes + len(c)
			}
		}
	}
	return 0
}

// colonLike spells a colon as a slash is spelled.
func colonLike(slash []byte) string {
	if i := bytes.IndexByte(slash, '%'); i >= 0 && len(slash)-i >= 3 {
		return string(slash[i:len(slash)-2]) + "3A"
	}
	return ":"
}

// schemeBefore reads a colon in any spelling at the end of b, and what is before it: insecure for http and ws. n is the
// length of the colon.
func schemeBefore(b []byte) (n int, insecure bool) {
	for n = 1; n <= min(len(b), 12); n++ {
		if colonAt(b[len(b)-n:]) == n {
			head := b[:len(b)-n]
			for _, scheme := range [...]string{"http", "ws"} {
				if !hasSuffixFold(head, scheme) {
					continue
				}
				rest := head[:len(head)-len(scheme)]
				if len(rest) == 0 || !letter(rest[len(rest)-1]) || escapedLetter(rest) {
					return n, true
				}
			}
			if n == 1 || b[len(b)-n] != ':' {
				continue
			}
			return 0, false
		}
	}
	return 0, false
}

// escapedLetter reports whether b ends in a letter that belongs to an escape: the "n" of "\n", the "D" of "%3D".
func escapedLetter(b []byte) bool {
	n := len(b)
	return n >= 2 && b[n-2] == '\\' || n >= 3 && b[n-3] == '%'
}

func hasSuffixFold(b []byte, suffix string) bool {
	return len(b) >= len(suffix) && equalFold(b[len(b)-len(suffix):], suffix)
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && equalFold(b[:len(prefix)], prefix)
}

// equalFold compares with a text in lower case; letters of the text match in both cases.
func equalFold(b []byte, text string) bool {
	for i := range len(text) {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != text[i] {
			return false
		}
	}
	return true
}
