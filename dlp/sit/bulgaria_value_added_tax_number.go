package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func bulgariaValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "bulgaria-value-added-tax-number", Name: "Bulgaria Value Added Tax Number",
		Group: dlp.Tax, Countries: []string{"bg"},
		About:  "BG and the nine digits of a company with check digit modulo 11.",
		Source: "Закон за регистър БУЛСТАТ",
		Patterns: []dlp.Pattern{
			{Expr: `BG ?\d{3} ?\d{3} ?\d{3}`, Check: bulgariaValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `\d{3} ?\d{3} ?\d{3}`, Check: bulgariaValueAddedTaxNumberCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"ддс", "инддс", "булстат", "еик", "vat",
		},
		Positives: []string{
			`ЕИК 175074752`,
			"ИНДДС BG 175 074 752",
		},
		Negatives: []string{
			`175074752`,
			"BG 175 074 751",
		},
	}
}

func bulgariaValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && bulgariaCompany(d)
}

func bulgariaCompany(d []byte) bool {
	c := checksum.Sum(d, 1, 2, 3, 4, 5, 6, 7, 8) % 11
	if c == 10 {
		c = checksum.Sum(d, 3, 4, 5, 6, 7, 8, 9, 10) % 11 % 10
	}
	return c == int(d[8])
}
