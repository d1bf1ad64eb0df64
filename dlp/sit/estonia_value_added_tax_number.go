package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func estoniaValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "estonia-value-added-tax-number", Name: "Estonia Value Added Tax Number",
		Group: dlp.Tax, Countries: []string{"ee"},
		About:  "EE and nine digits with check digit (weights 3, 7, 1).",
		Source: "Käibemaksuseadus",
		Patterns: []dlp.Pattern{
			{Expr: `EE ?10\d{7}`, Check: estoniaValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `10\d{7}`, Check: estoniaValueAddedTaxNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"kmkr", "käibemaks", "käibemaksukohustuslase", "vat",
		},
		Positives: []string{
			`KMKR 100594102`,
			"KMKR EE100594102",
		},
		Negatives: []string{
			`100594102`,
			"EE100594103",
		},
	}
}

func estoniaValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && checksum.Sum(d, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
}
