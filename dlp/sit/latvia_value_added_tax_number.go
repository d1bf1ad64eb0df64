package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func latviaValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "latvia-value-added-tax-number", Name: "Latvia Value Added Tax Number",
		Group: dlp.Tax, Countries: []string{"lv"},
		About:  "Eleven digits of a company's registration number with its check digit, with LV or near words for value added tax.",
		Source: "VIES, structure of VAT numbers; Latvian Register of Enterprises",
		Patterns: []dlp.Pattern{
			{Expr: `LV ?[4-9]\d{3} ?\d{4} ?\d{3}`, Check: latviaValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `[4-9]\d{10}`, Check: latviaValueAddedTaxNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"pvn", "pvn numurs", "pvn reģistrācijas", "pievienotās vērtības nodoklis", "reģistrācijas numurs", "vat", "vat number",
		},
		Positives: []string{
			"LV 4000 3521 600", "PVN 40003521600",
		},
		Negatives: []string{
			"LV 4000 3521 601", "40003521600",
		},
	}
}

func latviaValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && !checksum.Same(d) && checksum.Sum(d, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)%11 == 3
}
