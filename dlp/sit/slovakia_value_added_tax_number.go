package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func slovakiaValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "slovakia-value-added-tax-number", Name: "Slovakia Value Added Tax Number",
		Group: dlp.Tax, Countries: []string{"sk"},
		About:  "SK and ten digits divisible by 11.",
		Source: "Finančná správa, IČ DPH",
		Patterns: []dlp.Pattern{
			{Expr: `SK ?[1-9]\d{2} ?\d{3} ?\d{2} ?\d{2}`, Check: slovakiaValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"ič dph", "ic dph", "dph", "vat", "daňové identifikačné",
		},
		Positives: []string{
			"IČ DPH SK 202 274 96 19",
		},
		Negatives: []string{
			"SK 202 274 96 18",
		},
	}
}

func slovakiaValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && d[2] != 0 && checksum.Number(d)%11 == 0
}
