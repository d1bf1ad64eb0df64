package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func spainDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "spain-drivers-license-number", Name: "Spain Driver's License Number", GUID: "d5a82922-b501-4f40-8868-341321146aa2",
		Group: dlp.Driving, Countries: []string{"es"},
		About:  "The shape of a driving licence number of Spain near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: ES",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8}[ -]?[A-HJ-NP-TV-Z]|[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]`, Check: spainLetter, Near: dlp.Medium},
		},
		Keywords: []string{
			"permiso de conducir", "permiso de conducción", "carnet de conducir", "licencia de conducir", "número de carnet", "spain driving licence",
			"spain driver's license", "driving licence of spain", "driving licence es",
		},
		Proximity: 100,
		Positives: []string{
			"permiso de conducir 54362315-K",
		},
		Negatives: []string{
			"54362315-K", "invoice 54362315-K",
		},
	}
}
