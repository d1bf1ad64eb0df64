package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func canadaBusinessNumber() dlp.Type {
	return dlp.Type{
		ID: "canada-business-number", Name: "Canada Business Number",
		Group: dlp.Tax, Countries: []string{"ca"},
		About:  "Nine digits with Luhn check digit, program code and four digits.",
		Source: "Canada Revenue Agency",
		Patterns: []dlp.Pattern{
			{Expr: `\d{5} ?\d{4} ?(?:R[CTPMZ]) ?\d{4}`, Check: canadaBusinessNumberCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `\d{5} ?\d{4}`, Check: luhn, Near: dlp.Medium},
		},
		Keywords: []string{
			"business number", "bn", "gst", "hst", "numéro d'entreprise", "tps",
		},
		Positives: []string{
			`Business number 12302 6635`,
			"12302 6635 RC 0001",
		},
		Negatives: []string{
			`Business number 12302 6636`,
			"12302 6636 RC 0001",
		},
	}
}

func canadaBusinessNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && checksum.Luhn(d[:9])
}
