package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func lithuaniaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "lithuania-passport-number", Name: "Lithuania Passport Number", GUID: "1b79900f-047b-4c3f-846f-7d73b5534bce",
		Group: dlp.Passport, Countries: []string{"lt"},
		About:  "The shape of a passport number of Lithuania near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: LT",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"pasas", "paso numeris", "paso nr", "kelionės dokumentas", "lithuania passport", "passport of lithuania", "passport lt", "lt passport",
		},
		Proximity: 100,
		Positives: []string{
			"pasas 12345679", "passport of lithuania: 12345679",
		},
		Negatives: []string{
			"12345679", "invoice 12345679",
		},
	}
}
