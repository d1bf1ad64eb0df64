package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func irelandPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "ireland-passport-number", Name: "Ireland Passport Number", GUID: "a2130f27-9ee2-4103-84f9-a6b1ee7d0cbf",
		Group: dlp.Passport, Countries: []string{"ie"},
		About:  "The shape of a passport number of Ireland near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: IE",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{7}|[A-Z]\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"pas", "irish passport", "uimhir phas", "ireland passport", "passport of ireland", "passport ie", "ie passport",
		},
		Proximity: 100,
		Positives: []string{
			"pas PA1234567", "passport of ireland: PA1234567",
		},
		Negatives: []string{
			"PA1234567", "invoice PA1234567",
		},
	}
}
