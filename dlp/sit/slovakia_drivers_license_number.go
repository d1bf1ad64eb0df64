package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func slovakiaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "slovakia-drivers-license-number", Name: "Slovakia Driver's License Number", GUID: "14240c22-b6de-4ce5-a90b-137f74252513",
		Group: dlp.Driving, Countries: []string{"sk"},
		About:  "The shape of a driving licence number of Slovakia near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: SK",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{1,2}\d{6,7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"vodičský preukaz", "číslo vodičského preukazu", "vodičského preukazu", "slovakia driving licence", "slovakia driver's license",
			"driving licence of slovakia", "driving licence sk",
		},
		Proximity: 100,
		Positives: []string{
			"vodičský preukaz A1234567",
		},
		Negatives: []string{
			"A1234567", "invoice A1234567",
		},
	}
}
