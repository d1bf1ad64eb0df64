package header

import "strings"

// AcceptEncoding restricts an Accept-Encoding field to what the rewriter can read: gzip, br, zstd, deflate and
// identity. Shared dictionaries (dcb, dcz) go: their hashes no longer fit once a body was rewritten.
func AcceptEncoding(value string) string {
	switch value {
	case "", "gzip, deflate, br, zstd", "gzip, deflate, br", "gzip, deflate", "gzip", "identity":
		return value
	}
	var b strings.Builder
	for item := range strings.SplitSeq(value, ",") {
		item = strings.TrimSpace(item)
		name, _, _ := strings.Cut(item, ";")
		switch lower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip", "br", "zstd", "deflate", "identity":
			if b.Len() > 0 {
				b.WriteString(", ")
			}
			b.WriteString(item)
		}
	}
	return b.String()
}
