package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func estoniaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "estonia-passport-number", Name: "Estonia Passport Number", GUID: "61f7073a-509e-425b-a754-bc01bb5d5b8c",
		Group: dlp.Passport, Countries: []string{"ee"},
		About:  "The shape of a passport number of Estonia near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: EE",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{1,2}\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"pass", "passi number", "eesti pass", "reisidokument", "estonia passport", "passport of estonia", "passport ee", "ee passport",
		},
		Proximity: 100,
		Positives: []string{
			"pass KB1234567", "passport of estonia: KB1234567",
		},
		Negatives: []string{
			"KB1234567", "invoice KB1234567",
		},
	}
}
