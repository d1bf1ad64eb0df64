package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func netherlandsPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "netherlands-passport-number", Name: "Netherlands Passport Number", GUID: "61786727-bafd-45f6-94d9-888d815e228e",
		Group: dlp.Passport, Countries: []string{"nl"},
		About:  "The shape of a passport number of Netherlands near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: NL",
		Patterns: []dlp.Pattern{
			{Expr: `[A-NP-Z]{2}[A-NP-Z0-9]{6}\d`, Check: mixed, Near: dlp.Medium},
		},
		Keywords: []string{
			"paspoort", "paspoortnummer", "paspoort nummer", "nederlands paspoort", "netherlands passport", "passport of netherlands", "passport nl",
			"nl passport",
		},
		Proximity: 100,
		Positives: []string{
			"paspoort SPECI2014", "passport of netherlands: SPECI2014",
		},
		Negatives: []string{
			"SPECI2014", "invoice SPECI2014",
		},
	}
}
