package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func maltaValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "malta-value-added-tax-number", Name: "Malta Value Added Tax Number",
		Group: dlp.Tax, Countries: []string{"mt"},
		About:  "MT and eight digits, weighted sum divisible by 37.",
		Source: "European Commission, VIES: MT",
		Patterns: []dlp.Pattern{
			{Expr: `MT ?\d{4}-?\d{4}`, Check: maltaValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"vat", "vat number", "taxxa", "tat-taxxa",
		},
		Positives: []string{
			"VAT MT 1167-9112",
		},
		Negatives: []string{
			"MT 1167-9113",
		},
	}
}

func maltaValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 8 && !checksum.Same(d) && checksum.Sum(d, 3, 4, 6, 7, 8, 9, 10, 1)%37 == 0
}
