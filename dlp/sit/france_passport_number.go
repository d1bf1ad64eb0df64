package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func francePassportNumber() dlp.Type {
	return dlp.Type{
		ID: "france-passport-number", Name: "France Passport Number", GUID: "3008b884-8c8c-4cd8-a289-99f34fc7ff5d",
		Group: dlp.Passport, Countries: []string{"fr"},
		About:  "The shape of a passport number of France near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: FR",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}[A-Z]{2}\d{5}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"passeport", "numéro de passeport", "n° passeport", "passeport français", "no de passeport", "france passport", "passport of france",
			"passport fr", "fr passport",
		},
		Proximity: 100,
		Positives: []string{
			"passeport 12AB34567", "passport of france: 12AB34567",
		},
		Negatives: []string{
			"12AB34567", "invoice 12AB34567",
		},
	}
}
