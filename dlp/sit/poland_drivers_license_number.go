package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func polandDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "poland-drivers-license-number", Name: "Poland Driver's License Number", GUID: "24d51f99-ee9e-4060-a077-cae58cab1ee4",
		Group: dlp.Driving, Countries: []string{"pl"},
		About:  "The shape of a driving licence number of Poland near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: PL",
		Patterns: []dlp.Pattern{
			{Expr: `\d{5}/\d{2}/\d{4}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"prawo jazdy", "numer prawa jazdy", "prawa jazdy", "poland driving licence", "poland driver's license", "driving licence of poland",
			"driving licence pl",
		},
		Proximity: 100,
		Positives: []string{
			"prawo jazdy 12345/12/1234",
		},
		Negatives: []string{
			"12345/12/1234", "invoice 12345/12/1234",
		},
	}
}
