package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func sloveniaTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "slovenia-tax-identification-number", Name: "Slovenia Tax Identification Number", GUID: "e47b071e-c352-4d70-8241-8c215ad65505",
		Group: dlp.Tax, Countries: []string{"si"},
		About:  "Eight digits with check digit (weights 8 to 2 modulo 11).",
		Source: "Zakon o finančni upravi",
		Patterns: []dlp.Pattern{
			{Expr: `(?:SI ?)?[1-9]\d{3} ?\d{4}`, Check: sloveniaTaxIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"davčna številka", "davčna", "id za ddv", "ddv", "identifikacijska številka za ddv", "tax number", "tin", "vat", "slovenian tax",
		},
		Positives: []string{
			"davčna številka SI 5022 3054",
		},
		Negatives: []string{
			"5022 3054", "davčna številka 5022 3055",
		},
	}
}

func sloveniaTaxIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 8 && !checksum.Same(d) && checksum.Sum(d, 8, 7, 6, 5, 4, 3, 2)%11 != 0 && (11-checksum.Sum(d, 8, 7, 6, 5, 4, 3, 2)%11)%10 == int(d[7])
}
