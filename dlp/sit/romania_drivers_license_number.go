package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func romaniaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "romania-drivers-license-number", Name: "Romania Driver's License Number", GUID: "b5511ace-2fd8-4ae4-b6fc-c7c6e4689e3c",
		Group: dlp.Driving, Countries: []string{"ro"},
		About:  "The shape of a driving licence number of Romania near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: RO",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]\d{8}[A-Z]?|\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"permis de conducere", "permisului de conducere", "număr permis", "romania driving licence", "romania driver's license",
			"driving licence of romania", "driving licence ro",
		},
		Proximity: 100,
		Positives: []string{
			"permis de conducere B12345678",
		},
		Negatives: []string{
			"B12345678", "invoice B12345678",
		},
	}
}
