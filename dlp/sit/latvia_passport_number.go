package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func latviaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "latvia-passport-number", Name: "Latvia Passport Number", GUID: "23ae25ec-cc28-421b-b77a-3054eadf1ede",
		Group: dlp.Passport, Countries: []string{"lv"},
		About:  "The shape of a passport number of Latvia near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: LV",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"pase", "pases numurs", "pases nr", "ceļošanas dokuments", "latvia passport", "passport of latvia", "passport lv", "lv passport",
		},
		Proximity: 100,
		Positives: []string{
			"pase LV1234567", "passport of latvia: LV1234567",
		},
		Negatives: []string{
			"LV1234567", "invoice LV1234567",
		},
	}
}
