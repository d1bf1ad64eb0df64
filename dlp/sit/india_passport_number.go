package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func indiaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "india-passport-number", Name: "India Passport Number",
		Group: dlp.Passport, Countries: []string{"in"},
		About: "A letter and seven digits near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-PR-WY][1-9]\d ?\d{4}[1-9]`, Near: dlp.Medium},
		},
		Keywords: []string{
			"passport", "passport no", "passport number", "indian passport", "पासपोर्ट",
		},
		Proximity: 100,
		Positives: []string{
			"passport no J8369854",
		},
		Negatives: []string{
			"J8369854",
		},
	}
}
