package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func netherlandsDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "netherlands-drivers-license-number", Name: "Netherlands Driver's License Number", GUID: "6247fbea-ab80-4be5-8233-308b7c031401",
		Group: dlp.Driving, Countries: []string{"nl"},
		About:  "The shape of a driving licence number of Netherlands near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: NL",
		Patterns: []dlp.Pattern{
			{Expr: `\d{10}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"rijbewijs", "rijbewijsnummer", "rijbewijs nummer", "netherlands driving licence", "netherlands driver's license",
			"driving licence of netherlands", "driving licence nl",
		},
		Proximity: 100,
		Positives: []string{
			"rijbewijs 1234567891",
		},
		Negatives: []string{
			"1234567891", "invoice 1234567891",
		},
	}
}
