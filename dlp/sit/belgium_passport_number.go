package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func belgiumPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "belgium-passport-number", Name: "Belgium Passport Number", GUID: "d7b1315b-21ca-4774-a32a-596010ff78fd",
		Group: dlp.Passport, Countries: []string{"be"},
		About:  "The shape of a passport number of Belgium near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: BE",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"paspoort", "paspoortnummer", "passeport", "numéro de passeport", "belgisch paspoort", "reisepass", "belgium passport", "passport of belgium",
			"passport be", "be passport",
		},
		Proximity: 100,
		Positives: []string{
			"paspoort EP123456", "passport of belgium: EP123456",
		},
		Negatives: []string{
			"EP123456", "invoice EP123456",
		},
	}
}
