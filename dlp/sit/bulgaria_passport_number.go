package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func bulgariaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "bulgaria-passport-number", Name: "Bulgaria Passport Number", GUID: "f7172b82-c588-4216-845e-4e54e397f29a",
		Group: dlp.Passport, Countries: []string{"bg"},
		About:  "The shape of a passport number of Bulgaria near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: BG",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"паспорт", "номер на паспорт", "паспортен", "задграничен паспорт", "bulgaria passport", "passport of bulgaria", "passport bg", "bg passport",
		},
		Proximity: 100,
		Positives: []string{
			"паспорт 123456780", "passport of bulgaria: 123456780",
		},
		Negatives: []string{
			"123456780", "invoice 123456780",
		},
	}
}
