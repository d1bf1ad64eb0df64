package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func pakistanCnic() dlp.Type {
	return dlp.Type{
		ID: "pakistan-cnic", Name: "Pakistan National Identity Card Number (CNIC)",
		Group: dlp.Identity, Countries: []string{"pk"},
		About:  "13 digits in the groups 5-7-1 near a keyword.",
		Source: "NADRA, CNIC",
		Patterns: []dlp.Pattern{
			{Expr: `[1-7]\d{4}-\d{7}-\d|[1-7]\d{12}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"cnic", "nicop", "nadra", "identity card", "national identity card", "شناختی کارڈ", "قومی شناختی کارڈ",
		},
		Positives: []string{
			"CNIC 54104-9890578-6",
		},
		Negatives: []string{
			"54104-9890578-6",
		},
	}
}
