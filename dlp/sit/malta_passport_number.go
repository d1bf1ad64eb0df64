package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func maltaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "malta-passport-number", Name: "Malta Passport Number", GUID: "b2b21198-48f9-4d13-b2a5-03969bff0fb8",
		Group: dlp.Passport, Countries: []string{"mt"},
		About:  "The shape of a passport number of Malta near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: MT",
		Patterns: []dlp.Pattern{
			{Expr: `\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"passaport", "numru tal-passaport", "maltese passport", "malta passport", "passport of malta", "passport mt", "mt passport",
		},
		Proximity: 100,
		Positives: []string{
			"passaport 1234568", "passport of malta: 1234568",
		},
		Negatives: []string{
			"1234568", "invoice 1234568",
		},
	}
}
