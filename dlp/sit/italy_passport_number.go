package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func italyPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "italy-passport-number", Name: "Italy Passport Number", GUID: "39811019-4750-445f-b26d-4c0e6c431544",
		Group: dlp.Passport, Countries: []string{"it"},
		About:  "The shape of a passport number of Italy near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: IT",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2} ?\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"passaporto", "numero di passaporto", "numero passaporto", "passaporto italiano", "italiana passaporto", "italy passport", "passport of italy",
			"passport it", "it passport",
		},
		Proximity: 100,
		Positives: []string{
			"passaporto YA1234567", "passport of italy: YA1234567",
		},
		Negatives: []string{
			"YA1234567", "invoice YA1234567",
		},
	}
}
