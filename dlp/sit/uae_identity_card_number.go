package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func uaeIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "uae-identity-card-number", Name: "U.A.E. Identity Card Number",
		Group: dlp.Identity, Countries: []string{"ae"},
		About:  "784, year of birth, seven digits, Luhn check digit.",
		Source: "Federal Authority for Identity and Citizenship",
		Patterns: []dlp.Pattern{
			{Expr: `784-?(?:19|20)\d{2}-?\d{7}-?\d`, Check: luhn, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"emirates id", "identity card", "national id", "eid", "uae id", "رقم الهوية", "الهوية الإماراتية", "هوية",
		},
		Positives: []string{
			"Emirates ID 784-1980-1234567-8",
		},
		Negatives: []string{
			"784-1980-1234567-9",
		},
	}
}
