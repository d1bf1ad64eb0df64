package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func romaniaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "romania-passport-number", Name: "Romania Passport Number", GUID: "5d31b90c-7fe2-4a76-a14b-767b8fd19d6c",
		Group: dlp.Passport, Countries: []string{"ro"},
		About:  "The shape of a passport number of Romania near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: RO",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8,9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"pașaport", "pasaport", "numărul pașaportului", "seria pașaportului", "pașaportul", "romania passport", "passport of romania", "passport ro",
			"ro passport",
		},
		Proximity: 100,
		Positives: []string{
			"pașaport 123456780", "passport of romania: 123456780",
		},
		Negatives: []string{
			"123456780", "invoice 123456780",
		},
	}
}
