package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func australiaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "australia-passport-number", Name: "Australia Passport Number", GUID: "29869db6-602d-4853-ab93-3484f905df50",
		Group: dlp.Passport, Countries: []string{"au"},
		About: "One or two letters of a series and seven digits near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `(?:[NELMCDUGXFTPR]|P[A-FU-Z])[ -]?\d{7}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"passport", "passport #", "passport number", "passport no", "passport details", "immigration and citizenship", "commonwealth of australia",
			"department of immigration", "national identity card", "travel document", "issuing authority", "australian passport",
		},
		Proximity: 100,
		Positives: []string{
			"Australian passport N1234567",
		},
		Negatives: []string{
			"N1234567",
		},
	}
}
