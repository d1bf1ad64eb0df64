package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func greeceTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "greece-tax-identification-number", Name: "Greece Tax Identification Number", GUID: "15a54a5a-53d4-4080-ad43-a2a4fe1d3bf7",
		Group: dlp.Tax, Countries: []string{"gr"},
		About:  "Nine digits with check digit modulo 11.",
		Source: "ΑΑΔΕ, ΑΦΜ",
		Patterns: []dlp.Pattern{
			{Expr: `(?:(?:EL|GR) ?)?\d{8,9}`, Check: greeceTaxIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"αφμ", "α.φ.μ", "αριθμός φορολογικού μητρώου", "φορολογικού μητρώου", "φπα", "afm", "tin", "tax id", "tax registry", "vat",
		},
		Positives: []string{
			`ΑΦΜ GR 23456780`,
			"ΑΦΜ 094259216", "AFM EL 094259216",
		},
		Negatives: []string{
			"094259216", "ΑΦΜ 094259217",
		},
	}
}

func greeceTaxIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	if len(d) == 8 { // older numbers, without their zero in front
		d = append([]byte{0}, d...)
	}
	return len(d) == 9 && !checksum.Same(d) && checksum.Sum(d, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == int(d[8])
}
