package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func franceHealthInsuranceNumber() dlp.Type {
	return dlp.Type{
		ID: "france-health-insurance-number", Name: "France Health Insurance Number", GUID: "9bc2069e-76df-4ff9-ac02-2f519469e236",
		Group: dlp.Health, Countries: []string{"fr"},
		About: "21 digits near words for the insurance card.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{10} ?\d{11}|\d{21}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"carte vitale", "carte d'assuré social", "assuré social", "insurance card", "numéro de carte vitale",
		},
		Positives: []string{
			"carte vitale 123456789012345678901",
		},
		Negatives: []string{
			"123456789012345678901",
		},
	}
}
