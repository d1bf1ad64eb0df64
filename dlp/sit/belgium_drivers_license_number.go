package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func belgiumDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "belgium-drivers-license-number", Name: "Belgium Driver's License Number", GUID: "d89fd329-9324-433c-b687-2c37bd5166f3",
		Group: dlp.Driving, Countries: []string{"be"},
		About:  "The shape of a driving licence number of Belgium near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: BE",
		Patterns: []dlp.Pattern{
			{Expr: `\d{10}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"rijbewijs", "rijbewijsnummer", "permis de conduire", "numéro de permis", "führerschein", "belgium driving licence", "belgium driver's license",
			"driving licence of belgium", "driving licence be",
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
