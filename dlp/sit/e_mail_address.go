package sit

import (
	"bytes"

	"github.com/referee-casb/referee/dlp"
)

func eMailAddress() dlp.Type {
	return dlp.Type{
		ID: "e-mail-address", Name: "E-mail Address",
		Group:  dlp.Contact,
		About:  "Local part, @ and a host name with a top-level domain.",
		Source: "RFC 5321, 4.1.2",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,40})\.){1,4}[A-Za-z]{2,18}`, Check: emailAddressCheck, Alone: dlp.Medium},
		},
		Positives: []string{
			"Write to anna.larsen+news@example.com.", "mail: a@b.co",
		},
		Negatives: []string{
			"anna at example.com", "user@host", "logo@2x.png",
		},
	}
}

// emailAddressCheck refuses image names such as logo@2x.png and dots in a row.
func emailAddressCheck(m []byte) bool {
	for _, tail := range []string{".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"} {
		if bytes.HasSuffix(m, []byte(tail)) {
			return false
		}
	}
	return !bytes.Contains(m, []byte("..")) && !bytes.Contains(m, []byte(".@"))
}
