package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func philippinesTin() dlp.Type {
	return dlp.Type{
		ID: "philippines-tin", Name: "Philippines Taxpayer Number (TIN)",
		Group: dlp.Tax, Countries: []string{"ph"},
		About: "9 or 12 to 14 digits in groups of three near a keyword.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}-\d{3}-\d{3}(?:-\d{3,5})?`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"tin", "taxpayer identification number", "bir", "bureau of internal revenue", "tin id", "buwis",
		},
		Proximity: 60,
		Positives: []string{
			"TIN 123-456-780-000",
		},
		Negatives: []string{
			"123-456-780-000",
		},
	}
}
