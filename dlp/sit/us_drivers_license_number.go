package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func usDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "us-drivers-license-number", Name: "U.S. Driver's License Number", GUID: "dfeb356f-61cd-459e-bf0f-7c6d28b458c6",
		Group: dlp.Driving, Countries: []string{"us"},
		About:  "The shapes of the states' licence numbers near words for a driver's license.",
		Source: "AAMVA, state licence formats",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]\d{7}|[A-Z]\d{8}|[A-Z]\d{12,14}|[A-Z]\d{3}[ -]\d{3}[ -]\d{2}[ -]\d{3}[ -]\d|[A-Z]\d{4}[ -]\d{5}[ -]\d{5}|[A-Z]{2}\d{6}[A-Z]?|[A-Z]{1,2}\d{5,6}`, Check: notSame, Near: dlp.Medium},
			{Expr: `\d{7,9}|\d{3} \d{3} \d{3}`, Check: notSame, Near: dlp.Low},
		},
		Keywords: []string{
			"driver's license", "drivers license", "driver license", "driver's licence", "driver licence", "driving license", "dl#", "dl number", "dl no",
			"dlno", "license number", "driverslicense", "driver's license number", "cdl",
		},
		Proximity: 100,
		Positives: []string{
			`Driver's license U62928788557186`,
			"Driver license A1234567 (CA)", "DL# 123456789", "driver's license M123-456-78-901-2",
		},
		Negatives: []string{
			"A1234567", "license 12",
		},
	}
}
