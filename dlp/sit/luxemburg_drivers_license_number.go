package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func luxemburgDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "luxemburg-drivers-license-number", Name: "Luxemburg Driver's License Number", GUID: "89daf717-1544-4860-9a2e-fc9166dd8852",
		Group: dlp.Driving, Countries: []string{"lu"},
		About:  "The shape of a driving licence number of Luxembourg near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: LU",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"fahrerlaubnis", "führerschäin", "permis de conduire", "führerschein", "luxembourg driving licence", "luxembourg driver's license",
			"driving licence of luxembourg", "driving licence lu",
		},
		Proximity: 100,
		Positives: []string{
			"fahrerlaubnis 123456",
		},
		Negatives: []string{
			"123456", "invoice 123456",
		},
	}
}
