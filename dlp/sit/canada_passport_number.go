package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func canadaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "canada-passport-number", Name: "Canada Passport Number", GUID: "14d0db8b-498a-43ed-9fca-f6097ae687eb",
		Group: dlp.Passport, Countries: []string{"ca"},
		About: "Two letters and six digits, or a letter, six digits and two letters, near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{6}|[A-Z]\d{6}[A-Z]{2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"canadian passport", "canada passport", "passport", "passeport", "passeport canadien", "passport number", "passport no", "numéro de passeport",
			"citizenship", "travel document",
		},
		Proximity: 100,
		Positives: []string{
			"passport number GA302922",
		},
		Negatives: []string{
			"GA302922",
		},
	}
}
