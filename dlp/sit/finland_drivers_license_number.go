package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func finlandDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "finland-drivers-license-number", Name: "Finland Driver's License Number", GUID: "bb3b27a3-79bd-4ac4-81a7-f9fca3c7d1a7",
		Group: dlp.Driving, Countries: []string{"fi"},
		About:  "The shape of a driving licence number of Finland near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: FI",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}[-+A]\d{3}[0-9A-Y]`, Check: finlandNationalIDCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"ajokortti", "ajokortin numero", "körkort", "finland driving licence", "finland driver's license", "driving licence of finland",
			"driving licence fi",
		},
		Proximity: 100,
		Positives: []string{
			"ajokortti 131052-308T",
		},
		Negatives: []string{
			"131052-308T", "invoice 131052-308T",
		},
	}
}
