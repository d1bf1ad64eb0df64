package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func denmarkCvrNumber() dlp.Type {
	return dlp.Type{
		ID: "denmark-cvr-number", Name: "Denmark Company Number (CVR)",
		Group: dlp.Tax, Countries: []string{"dk"},
		About:  "Eight digits with weighted sum divisible by 11, after DK or near a keyword.",
		Source: "Erhvervsstyrelsen, CVR modulus 11",
		Patterns: []dlp.Pattern{
			{Expr: `(?:DK[ -]?)?[1-9]\d ?\d{2} ?\d{2} ?\d{2}`, Check: denmarkCvrNumberCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"cvr", "cvr-nr", "cvr nr", "cvr-nummer", "se-nr", "moms", "momsnummer", "vat",
		},
		Positives: []string{
			"CVR-nr. 13585628",
		},
		Negatives: []string{
			"13585628", "CVR 13585629",
		},
	}
}

func denmarkCvrNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 8 && !checksum.Same(d) && checksum.Sum(d, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}
