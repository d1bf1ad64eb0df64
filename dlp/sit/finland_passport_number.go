package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func finlandPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "finland-passport-number", Name: "Finland Passport Number", GUID: "d1685ac3-1d3a-40f8-8198-32ef5669c7a5",
		Group: dlp.Passport, Countries: []string{"fi"},
		About:  "The shape of a passport number of Finland near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: FI",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"passi", "passin numero", "passinumero", "suomalainen passi", "pass", "passnummer", "finland passport", "passport of finland", "passport fi",
			"fi passport",
		},
		Proximity: 100,
		Positives: []string{
			"passi FP1234567", "passport of finland: FP1234567",
		},
		Negatives: []string{
			"FP1234567", "invoice FP1234567",
		},
	}
}
