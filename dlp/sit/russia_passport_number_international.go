package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func russiaPassportNumberInternational() dlp.Type {
	return dlp.Type{
		ID: "russia-passport-number-international", Name: "Russian Passport Number International", GUID: "ac5f4878-75e4-4b82-af2d-02e13ea9f411",
		Group: dlp.Passport, Countries: []string{"ru"},
		About: "Two and seven digits near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2} ?(?:№ ?)?\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"загранпаспорт", "заграничный паспорт", "паспорт", "номер паспорта", "russian passport", "international passport", "passport number",
		},
		Proximity: 100,
		Positives: []string{
			"загранпаспорт 75 1234567",
		},
		Negatives: []string{
			"75 1234567",
		},
	}
}
