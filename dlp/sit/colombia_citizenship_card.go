package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func colombiaCitizenshipCard() dlp.Type {
	return dlp.Type{
		ID: "colombia-citizenship-card", Name: "Colombia Citizenship Card Number",
		Group: dlp.Identity, Countries: []string{"co"},
		About: "6 to 10 digits, with dots or without, near words for the card.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{1,3}(?:\.\d{3}){2,3}|\d{6,10}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"cédula de ciudadanía", "cedula de ciudadania", "cédula", "c.c", "tarjeta de identidad", "registraduría", "documento de identidad",
			"cédula de extranjería",
		},
		Proximity: 60,
		Positives: []string{
			"cédula de ciudadanía 1.020.713.756",
		},
		Negatives: []string{
			"1.020.713.756",
		},
	}
}
