package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func dominicanRepublicIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "dominican-republic-identity-card-number", Name: "Dominican Republic Identity Card Number",
		Group: dlp.Identity, Countries: []string{"do"},
		About:  "Eleven digits with Luhn check digit.",
		Source: "Junta Central Electoral",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}-?\d{7}-?\d`, Check: luhn, Near: dlp.High},
		},
		Keywords: []string{
			"cédula", "cedula", "cédula de identidad y electoral", "identidad", "jce", "documento",
		},
		Positives: []string{
			"cédula 001-1391820-5",
		},
		Negatives: []string{
			"001-1391820-5", "cédula 001-1391820-6",
		},
	}
}
