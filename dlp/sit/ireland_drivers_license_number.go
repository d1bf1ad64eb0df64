package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func irelandDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "ireland-drivers-license-number", Name: "Ireland Driver's License Number", GUID: "e01bccd9-eb4d-414f-ace1-e9b6a4c4a2ca",
		Group: dlp.Driving, Countries: []string{"ie"},
		About:  "The shape of a driving licence number of Ireland near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: IE",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}[A-Z]{2}\d{4}|\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"ceadúnas tiomána", "irish driving licence", "ceadúnas", "ireland driving licence", "ireland driver's license", "driving licence of ireland",
			"driving licence ie",
		},
		Proximity: 100,
		Positives: []string{
			"ceadúnas tiomána 123456AB1234",
		},
		Negatives: []string{
			"123456AB1234", "invoice 123456AB1234",
		},
	}
}
