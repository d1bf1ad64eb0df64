package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func luxemburgNationalIdentificationNumberNonNaturalPersons() dlp.Type {
	return dlp.Type{
		ID: "luxemburg-national-identification-number-non-natural-persons", Name: "Luxemburg National Identification Number (Non-natural persons)", GUID: "84bffa3a-d805-4788-a613-b1e4df3804cf",
		Group: dlp.Tax, Countries: []string{"lu"},
		About:  "Eleven digits that begin with a year near words for the number.",
		Source: "RNPP, Luxembourg",
		Patterns: []dlp.Pattern{
			{Expr: `(?:19|20)\d{2} ?[2-9]\d{2} ?\d{4}`, Check: luxemburgNationalIdentificationNumberNonNaturalPersonsCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"numéro national", "numéro d'identification national", "matricule", "identification number", "identifikationsnummer", "registre de commerce",
			"rcs", "carte de sécurité sociale",
		},
		Proximity: 60,
		Positives: []string{
			"matricule 2005 456 7891",
		},
		Negatives: []string{
			"2005 456 7891",
		},
	}
}

func luxemburgNationalIdentificationNumberNonNaturalPersonsCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && checksum.Number(d[:4]) <= 2100
}
