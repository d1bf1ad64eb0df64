package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func newZealandDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "new-zealand-drivers-license-number", Name: "New Zealand Driver License Number", GUID: "1924b377-d287-49c9-a737-cfe7a8a2615a",
		Group: dlp.Driving, Countries: []string{"nz"},
		About: "Two letters and six digits near words for a driver licence.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{6}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"driver licence", "driver license", "drivers licence", "driver's licence", "driving licence", "licence number", "nz transport agency",
			"waka kotahi", "new zealand driver", "dl",
		},
		Proximity: 100,
		Positives: []string{
			"NZ driver licence AB123456",
		},
		Negatives: []string{
			"AB123456",
		},
	}
}
