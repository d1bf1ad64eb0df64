package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func czechValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "czech-value-added-tax-number", Name: "Czech Value Added Tax Number",
		Group: dlp.Tax, Countries: []string{"cz"},
		About:  "CZ and the eight digits of a company with check digit modulo 11.",
		Source: "Zákon o dani z přidané hodnoty",
		Patterns: []dlp.Pattern{
			{Expr: `CZ ?\d{8}`, Check: czechValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"dič", "dph", "vat", "daňové identifikační číslo",
		},
		Positives: []string{
			"DIČ CZ25123891",
		},
		Negatives: []string{
			"CZ25123892",
		},
	}
}

func czechValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 8 && d[0] != 9 && czechCompany(d)
}

func czechCompany(d []byte) bool {
	c := (11 - checksum.Sum(d, 8, 7, 6, 5, 4, 3, 2)%11) % 10
	if checksum.Sum(d, 8, 7, 6, 5, 4, 3, 2)%11 == 0 {
		c = 1
	}
	return !checksum.Same(d) && c == int(d[7])
}
