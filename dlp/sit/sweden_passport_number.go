package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func swedenPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "sweden-passport-number", Name: "Sweden Passport Number", GUID: "ba4e7456-55a9-4d89-9140-c33673553526",
		Group: dlp.Passport, Countries: []string{"se"},
		About:  "The shape of a passport number of Sweden near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: SE",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{6}|\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"pass", "passnummer", "passnr", "pass nr", "svenskt pass", "resehandling", "sweden passport", "passport of sweden", "passport se", "se passport",
		},
		Proximity: 100,
		Positives: []string{
			"pass 12345679", "passport of sweden: 12345679",
		},
		Negatives: []string{
			"12345679", "invoice 12345679",
		},
	}
}
