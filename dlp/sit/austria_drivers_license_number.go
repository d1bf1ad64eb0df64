package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func austriaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "austria-drivers-license-number", Name: "Austria Driver's License Number", GUID: "682f18ce-44eb-482b-8198-2bcb96a0761e",
		Group: dlp.Driving, Countries: []string{"at"},
		About:  "The shape of a driving licence number of Austria near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: AT",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"führerschein", "führerscheinnummer", "lenkerberechtigung", "fuhrerschein", "austria driving licence", "austria driver's license",
			"driving licence of austria", "driving licence at",
		},
		Proximity: 100,
		Positives: []string{
			"führerschein 12345679",
		},
		Negatives: []string{
			"12345679", "invoice 12345679",
		},
	}
}
