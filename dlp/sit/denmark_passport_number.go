package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func denmarkPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "denmark-passport-number", Name: "Denmark Passport Number", GUID: "25e8c47e-e6fe-4884-a211-74898f8c0196",
		Group: dlp.Passport, Countries: []string{"dk"},
		About:  "The shape of a passport number of Denmark near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: DK",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"pas", "pasnummer", "rejsepas", "pasnr", "denmark passport", "passport of denmark", "passport dk", "dk passport",
		},
		Proximity: 100,
		Positives: []string{
			"pas 123456780", "passport of denmark: 123456780",
		},
		Negatives: []string{
			"123456780", "invoice 123456780",
		},
	}
}
