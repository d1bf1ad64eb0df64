package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func portugalPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "portugal-passport-number", Name: "Portugal Passport Number", GUID: "080a52fd-a7bc-431e-b54d-51f08f59db11",
		Group: dlp.Passport, Countries: []string{"pt"},
		About:  "The shape of a passport number of Portugal near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: PT",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{1,2}\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"passaporte", "número do passaporte", "passaporte português", "número passaporte", "portugal passport", "passport of portugal", "passport pt",
			"pt passport",
		},
		Proximity: 100,
		Positives: []string{
			"passaporte N123456", "passport of portugal: N123456",
		},
		Negatives: []string{
			"N123456", "invoice N123456",
		},
	}
}
