package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func hungaryPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "hungary-passport-number", Name: "Hungary Passport Number", GUID: "5b483910-9aa7-4c99-9917-f4001464bda7",
		Group: dlp.Passport, Countries: []string{"hu"},
		About:  "The shape of a passport number of Hungary near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: HU",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{6,7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"útlevél", "útlevélszám", "útlevél száma", "magyar útlevél", "hungary passport", "passport of hungary", "passport hu", "hu passport",
		},
		Proximity: 100,
		Positives: []string{
			"útlevél BE1234567", "passport of hungary: BE1234567",
		},
		Negatives: []string{
			"BE1234567", "invoice BE1234567",
		},
	}
}
