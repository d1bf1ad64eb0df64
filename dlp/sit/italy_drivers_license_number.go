package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func italyDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "italy-drivers-license-number", Name: "Italy Driver's License Number", GUID: "97d6244f-9157-41bd-8e0c-9d669a5c4d71",
		Group: dlp.Driving, Countries: []string{"it"},
		About:  "The shape of a driving licence number of Italy near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: IT",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{7}[A-Z]`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"patente", "patente di guida", "numero patente", "licenza di guida", "italy driving licence", "italy driver's license",
			"driving licence of italy", "driving licence it",
		},
		Proximity: 100,
		Positives: []string{
			"patente AB1234567C",
		},
		Negatives: []string{
			"AB1234567C", "invoice AB1234567C",
		},
	}
}
