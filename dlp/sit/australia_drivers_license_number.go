package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func australiaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "australia-drivers-license-number", Name: "Australia Driver's License Number", GUID: "1cbbc8f5-9216-4392-9eb5-5ac2298d1356",
		Group: dlp.Driving, Countries: []string{"au"},
		About: "Nine characters or digits in the shapes of the states near words for a driver's licence.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}|\d{2}[A-Z]{2}\d{5}|[A-Z]\d{5}[A-Z]?|\d{4}[A-Z]{2}|\d{8}|\d{6,7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"driver licence", "drivers licence", "driver's licence", "driver license", "driver's license", "drivers license", "licence number", "licence no",
			"driving licence", "dl#", "dlno", "international driving permit", "roads and maritime", "vicroads",
		},
		Proximity: 60,
		Positives: []string{
			"driver's licence 12AB34567",
		},
		Negatives: []string{
			"12AB34567",
		},
	}
}
