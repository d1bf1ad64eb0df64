package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func southKoreaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "south-korea-passport-number", Name: "South Korea Passport Number",
		Group: dlp.Passport, Countries: []string{"kr"},
		About: "A letter and eight characters near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `[MSRODG]\d{3}[0-9A-Z]\d{4}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"여권", "여권번호", "대한민국 여권", "passport", "passport number", "korean passport",
		},
		Proximity: 100,
		Positives: []string{
			"여권번호 M12345678",
		},
		Negatives: []string{
			"M12345678",
		},
	}
}
