package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func ukrainePassportInternational() dlp.Type {
	return dlp.Type{
		ID: "ukraine-passport-international", Name: "Ukraine Passport International", GUID: "cfbe032d-22e0-4f28-ab68-d66e9641f1e2",
		Group: dlp.Passport, Countries: []string{"ua"},
		About: "Two letters and six digits near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2} ?\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"паспорт", "закордонний паспорт", "закордонного паспорта", "ukraine passport", "passport of ukraine",
		},
		Proximity: 100,
		Positives: []string{
			"закордонний паспорт FA123456",
		},
		Negatives: []string{
			"FA123456",
		},
	}
}
