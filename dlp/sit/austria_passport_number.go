package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func austriaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "austria-passport-number", Name: "Austria Passport Number", GUID: "1c96ae4e-303b-447d-86c7-77113ac266bf",
		Group: dlp.Passport, Countries: []string{"at"},
		About:  "The shape of a passport number of Austria near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: AT",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z] ?\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"reisepass", "reisepassnummer", "österreichischer reisepass", "pass-nr", "passnummer", "austria passport", "passport of austria", "passport at",
			"at passport",
		},
		Proximity: 100,
		Positives: []string{
			"reisepass P 1234567", "passport of austria: P 1234567",
		},
		Negatives: []string{
			"P 1234567", "invoice P 1234567",
		},
	}
}
