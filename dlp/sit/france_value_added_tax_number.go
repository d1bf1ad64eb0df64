package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func franceValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "france-value-added-tax-number", Name: "France Value Added Tax Number", GUID: "949121e6-ad9f-4379-8731-710342baea78",
		Group: dlp.Tax, Countries: []string{"fr"},
		About:  "FR, two check digits and the nine digits of the company.",
		Source: "BOFiP, numéro de TVA intracommunautaire",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:FR) ?\d{2} ?\d{3} ?\d{3} ?\d{3}`, Check: franceValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"tva", "numéro de tva", "tva intracommunautaire", "vat", "siren", "siret",
		},
		Positives: []string{
			`TVA Fr 40 303 265 045`,
			"TVA FR 40 303 265 045",
		},
		Negatives: []string{
			"FR41303265045",
		},
	}
}

func franceValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && checksum.Luhn(d[2:]) && (12+3*(checksum.Number(d[2:])%97))%97 == checksum.Number(d[:2])
}
