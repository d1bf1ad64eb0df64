package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func latviaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "latvia-drivers-license-number", Name: "Latvia Driver's License Number", GUID: "ec996de0-30f2-46b1-b192-4d2ff8805fa7",
		Group: dlp.Driving, Countries: []string{"lv"},
		About:  "The shape of a driving licence number of Latvia near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: LV",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2,3}\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"vadītāja apliecība", "autovadītāja apliecība", "vadītāja apliecības numurs", "latvia driving licence", "latvia driver's license",
			"driving licence of latvia", "driving licence lv",
		},
		Proximity: 100,
		Positives: []string{
			"vadītāja apliecība AB123456",
		},
		Negatives: []string{
			"AB123456", "invoice AB123456",
		},
	}
}
