package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func czechDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "czech-drivers-license-number", Name: "Czech Republic Driver's License Number", GUID: "86b40d3b-d8ea-4c36-aab0-ef9416a6769c",
		Group: dlp.Driving, Countries: []string{"cz"},
		About:  "The shape of a driving licence number of Czech Republic near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: CZ",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2} ?\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"řidičský průkaz", "číslo řidičského průkazu", "řidičského průkazu", "czech republic driving licence", "czech republic driver's license",
			"driving licence of czech republic", "driving licence cz",
		},
		Proximity: 100,
		Positives: []string{
			"řidičský průkaz ED 123456",
		},
		Negatives: []string{
			"ED 123456", "invoice ED 123456",
		},
	}
}
