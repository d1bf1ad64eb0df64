package recognise

import (
	"mime"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// disposition is a parsed Content-Disposition (RFC 6266).
type disposition struct {
	attachment bool
	name       string // file name without folders, "" if none
}

// parseDisposition reads a Content-Disposition the way browsers do: anything that is not "inline" saves, a
// filename* in a known charset beats filename, and folders are dropped. It never fails: a field that can't be
// read is taken as an attachment without a name, which is the stricter reading.
func parseDisposition(value string) disposition {
	if value == "" {
		return disposition{}
	}
	kind, rest, _ := strings.Cut(value, ";")
	d := disposition{attachment: !strings.EqualFold(strings.TrimSpace(kind), "inline")}
	if strings.Contains(kind, "=") { // "filename=x" without a type: browsers save
		rest, d.attachment = value, true
	}
	var plain, extended string
	for rest != "" {
		var key, val string
		key, val, rest = nextParam(rest)
		switch strings.ToLower(key) {
		case "filename":
			if plain == "" {
				plain = val
			}
		case "filename*":
			if extended == "" {
				extended = decodeExtended(val)
			}
		}
	}
	if d.name = extended; d.name == "" {
		d.name = decodePlain(plain)
	}
	d.name = baseName(d.name)
	return d
}

// nextParam cuts one "key=value" from a parameter list, quoted strings included.
func nextParam(s string) (key, value, rest string) {
	key, s, ok := strings.Cut(s, "=")
	if !ok {
		return strings.TrimSpace(key), "", ""
	}
	key, s = strings.TrimSpace(strings.TrimLeft(key, "; \t")), strings.TrimLeft(s, " \t")
	if strings.HasPrefix(s, `"`) {
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] == '\\' && i+1 < len(s):
				i++
				b.WriteByte(s[i])
			case s[i] == '"':
				_, rest, _ = strings.Cut(s[i+1:], ";")
				return key, b.String(), rest
			default:
				b.WriteByte(s[i])
			}
		}
		return key, b.String(), ""
	}
	value, rest, _ = strings.Cut(s, ";")
	return key, strings.TrimSpace(value), rest
}

// decodeExtended decodes RFC 8187 "charset'language'percent-encoded".
func decodeExtended(v string) string {
	charset, rest, ok := strings.Cut(v, "'")
	if !ok {
		return ""
	}
	_, text, ok := strings.Cut(rest, "'")
	if !ok {
		return ""
	}
	raw, err := url.PathUnescape(text)
	if err != nil {
		return ""
	}
	switch strings.ToLower(charset) {
	case "utf-8":
		if utf8.ValidString(raw) {
			return raw
		}
	case "iso-8859-1":
		if s, err := charmap.ISO8859_1.NewDecoder().String(raw); err == nil {
			return s
		}
	}
	return ""
}

// decodePlain decodes what senders put into filename against the RFC: RFC 2047 words, percent-encoding.
func decodePlain(v string) string {
	if strings.HasPrefix(v, "=?") {
		if s, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
			return s
		}
	}
	if strings.Contains(v, "%") {
		if s, err := url.PathUnescape(v); err == nil && utf8.ValidString(s) {
			return s
		}
	}
	if !utf8.ValidString(v) {
		if s, err := charmap.Windows1252.NewDecoder().String(v); err == nil {
			return s
		}
	}
	return v
}

// baseName drops folders and control characters, and bounds the length.
func baseName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, strings.ReplaceAll(name, `\`, "/"))
	if name == "" {
		return ""
	}
	name = path.Base(name)
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	for len(name) > 255 {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	return name
}
