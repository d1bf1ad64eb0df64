package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func ukDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "uk-drivers-license-number", Name: "U.K. Driver's License Number", GUID: "f93de4be-d94c-40df-a8be-461738047551",
		Group: dlp.Driving, Countries: []string{"gb"},
		About:  "16 characters: surname, year, month (plus 50 for women) and day of birth, initials, check characters.",
		Source: "DVLA, driver number",
		Patterns: []dlp.Pattern{
			{Expr: `(?:[A-Z]{5}|[A-Z]{4}9|[A-Z]{3}99|[A-Z]{2}999|[A-Z]9999)\d(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])\d[A-Z9]{2}[A-Z0-9][A-Z]{2}`, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"driving licence", "driving license", "driver's licence", "driver licence", "drivers licence", "driver number", "dvla", "licence number", "dl#",
			"dlno", "driving permit",
		},
		Positives: []string{
			"driving licence MORGA657054SM9IJ", "MORGA657054SM9IJ",
		},
		Negatives: []string{
			"MORGA697054SM9IJ", "MORGA657054SM9I",
		},
	}
}
