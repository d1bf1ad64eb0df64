package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func indiaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "india-drivers-license-number", Name: "India Driver's License Number", GUID: "680788a3-53b6-455a-b891-c38cd76dc917",
		Group: dlp.Driving, Countries: []string{"in"},
		About: "State, office, year and seven digits near words for a driving licence.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}[ -]?\d{2}[ -]?(?:19|20)\d{2}[ -]?\d{7}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"driving licence", "driving license", "driver's license", "driver license", "dl no", "dl number", "licence no", "ड्राइविंग लाइसेंस", "transport",
		},
		Positives: []string{
			"driving licence MH14 20110062821",
		},
		Negatives: []string{
			"MH14 20110062821",
		},
	}
}
