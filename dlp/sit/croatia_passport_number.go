package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func croatiaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "croatia-passport-number", Name: "Croatia Passport Number", GUID: "7d7a729d-32d8-4204-8d01-d5e6a6c25581",
		Group: dlp.Passport, Countries: []string{"hr"},
		About:  "The shape of a passport number of Croatia near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: HR",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"putovnica", "broj putovnice", "putovnice", "hrvatska putovnica", "croatia passport", "passport of croatia", "passport hr", "hr passport",
		},
		Proximity: 100,
		Positives: []string{
			"putovnica 123456780", "passport of croatia: 123456780",
		},
		Negatives: []string{
			"123456780", "invoice 123456780",
		},
	}
}
