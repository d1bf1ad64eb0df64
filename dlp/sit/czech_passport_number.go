package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func czechPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "czech-passport-number", Name: "Czech Republic Passport Number", GUID: "7bcd8ce8-5e92-4bbe-bc92-fa669f0369fa",
		Group: dlp.Passport, Countries: []string{"cz"},
		About:  "The shape of a passport number of Czech Republic near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: CZ",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"cestovní pas", "číslo pasu", "pasu", "cestovního pasu", "czech republic passport", "passport of czech republic", "passport cz", "cz passport",
		},
		Proximity: 100,
		Positives: []string{
			"cestovní pas 12345679", "passport of czech republic: 12345679",
		},
		Negatives: []string{
			"12345679", "invoice 12345679",
		},
	}
}
