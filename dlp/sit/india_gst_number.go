package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func indiaGstNumber() dlp.Type {
	return dlp.Type{
		ID: "india-gst-number", Name: "India GST number", GUID: "9f5a721c-2fd2-446a-a27e-0c02fbe4630c",
		Group: dlp.Tax, Countries: []string{"in"},
		About:  "State, PAN, number of the registration, Z, check character (Luhn in base 36).",
		Source: "GSTN, GSTIN",
		Patterns: []dlp.Pattern{
			{Expr: `(?:0[1-9]|[12]\d|3[0-8]|97)[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]`, Check: indiaGstNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"gst", "gstin", "gst number", "goods and services tax", "gst no", "tax",
		},
		Positives: []string{
			"GSTIN 27AAPFU0939F1ZV",
		},
		Negatives: []string{
			"27AAPFU0939F1ZW",
		},
	}
}

func indiaGstNumberCheck(m []byte) bool {
	var b [48]byte
	v := checksum.Alnum(b[:0], m)
	return len(v) == 15 && checksum.LuhnN(v, 36)
}
