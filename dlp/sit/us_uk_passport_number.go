package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func usUkPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "us-uk-passport-number", Name: "U.S. / U.K. Passport Number", GUID: "178ec42a-18b4-47cc-85c7-d62c92fd67f8",
		Group: dlp.Passport, Countries: []string{"us", "gb"},
		About: "Nine digits, or a letter and eight digits, near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}|[A-Z]\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"passport", "passport #", "passport number", "passport no", "passport id", "passportno", "passportnumber", "passports", "passport card",
			"passport book", "travel document",
		},
		Proximity: 100,
		Positives: []string{
			"US passport number 340020013", "passport no: A12345678",
		},
		Negatives: []string{
			"340020013", "the passport 1234",
		},
	}
}
