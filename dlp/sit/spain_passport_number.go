package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func spainPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "spain-passport-number", Name: "Spain Passport Number", GUID: "d17a57de-9fa5-4e9f-85d3-85c26d89686e",
		Group: dlp.Passport, Countries: []string{"es"},
		About:  "The shape of a passport number of Spain near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: ES",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2,3} ?\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"pasaporte", "número de pasaporte", "número pasaporte", "pasaporte español", "libreta pasaporte", "spain passport", "passport of spain",
			"passport es", "es passport",
		},
		Proximity: 100,
		Positives: []string{
			"pasaporte AAA123456", "passport of spain: AAA123456",
		},
		Negatives: []string{
			"AAA123456", "invoice AAA123456",
		},
	}
}
