package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func franceDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "france-drivers-license-number", Name: "France Driver's License Number", GUID: "18e55a36-a01b-4b0f-943d-dc10282a1824",
		Group: dlp.Driving, Countries: []string{"fr"},
		About:  "The shape of a driving licence number of France near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: FR",
		Patterns: []dlp.Pattern{
			{Expr: `\d{12}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"permis de conduire", "numéro de permis", "permis conduire", "numéros de licence", "france driving licence", "france driver's license",
			"driving licence of france", "driving licence fr",
		},
		Proximity: 100,
		Positives: []string{
			"permis de conduire 123456789012",
		},
		Negatives: []string{
			"123456789012", "invoice 123456789012",
		},
	}
}
