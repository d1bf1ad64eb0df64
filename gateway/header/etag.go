package header

import (
	"strconv"
	"strings"
)

// Marks at the end of a variant's tag, before the epoch: they tell whether the app's own tag was strong.
const (
	strongMark = "~r"
	weakMark   = "~w"
)

// Variant turns the entity tag of an answer that was rewritten into a weak tag of this epoch's variant:
// "abc" becomes W/"abc~r7". Two browsers that hold bytes rewritten under different rules never share a tag.
// It returns "" for what isn't an entity tag.
func Variant(etag string, epoch int64) string {
	tag, mark := etag, strongMark
	if t, ok := strings.CutPrefix(etag, "W/"); ok {
		tag, mark = t, weakMark
	}
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return ""
	}
	return "W/" + tag[:len(tag)-1] + mark + strconv.FormatInt(epoch, 36) + `"`
}

// Original gives an If-None-Match or If-Match field back the app's own tags. A variant of another epoch is left
// out: its bytes are to be fetched again. "" means that nothing is left of the field.
func Original(field string, epoch int64) string {
	if !strings.Contains(field, "~") {
		return field
	}
	var b strings.Builder
	for tag, rest := nextTag(field); tag != ""; tag, rest = nextTag(rest) {
		if own, of, ok := variant(tag); ok {
			if of != epoch {
				continue
			}
			tag = own
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(tag)
	}
	return b.String()
}

// IsVariant reports whether a field names a tag that [Variant] made.
func IsVariant(field string) bool {
	for tag, rest := nextTag(field); tag != ""; tag, rest = nextTag(rest) {
		if _, _, ok := variant(tag); ok {
			return true
		}
	}
	return false
}

// variant takes a variant's tag apart into the app's tag and the epoch.
func variant(tag string) (own string, epoch int64, ok bool) {
	body, weak := strings.CutPrefix(tag, "W/")
	i := strings.LastIndexByte(body, '~')
	if !weak || i < 1 || len(body) < i+4 {
		return "", 0, false
	}
	epoch, err := strconv.ParseInt(body[i+2:len(body)-1], 36, 64)
	if err != nil {
		return "", 0, false
	}
	switch body[i : i+2] {
	case strongMark:
		return body[:i] + `"`, epoch, true
	case weakMark:
		return "W/" + body[:i] + `"`, epoch, true
	}
	return "", 0, false
}

// nextTag cuts the first entity tag (or "*") off a list; "" at its end, or where the list is broken. Tags may hold
// commas (RFC 9110 section 8.8.3).
func nextTag(s string) (tag, rest string) {
	s = strings.TrimLeft(s, ", \t")
	if s == "" {
		return "", ""
	}
	open := strings.IndexByte(s, '"')
	if open < 0 || strings.IndexByte(s[:open], ',') >= 0 {
		tag, rest, _ = strings.Cut(s, ",")
		return strings.TrimSpace(tag), rest
	}
	end := strings.IndexByte(s[open+1:], '"')
	if end < 0 {
		return "", ""
	}
	end += open + 2
	return s[:end], s[end:]
}
