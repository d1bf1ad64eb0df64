package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func luxemburgValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "luxemburg-value-added-tax-number", Name: "Luxemburg Value Added Tax Number",
		Group: dlp.Tax, Countries: []string{"lu"},
		About:  "LU and eight digits; the last two are the remainder of the others by 89.",
		Source: "European Commission, VIES: LU",
		Patterns: []dlp.Pattern{
			{Expr: `LU ?\d{3} ?\d{3} ?\d{2}`, Check: luxemburgValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"tva", "numéro de tva", "vat", "mwst",
		},
		Positives: []string{
			"TVA LU 150 274 42",
		},
		Negatives: []string{
			"LU 150 274 43",
		},
	}
}

func luxemburgValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 8 && !checksum.Same(d) && checksum.Number(d[:6])%89 == checksum.Number(d[6:])
}
