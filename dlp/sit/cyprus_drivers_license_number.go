package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func cyprusDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "cyprus-drivers-license-number", Name: "Cyprus Driver's License Number", GUID: "356fa104-f9ac-4aff-a0e4-2e6e65ea06c4",
		Group: dlp.Driving, Countries: []string{"cy"},
		About:  "The shape of a driving licence number of Cyprus near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: CY",
		Patterns: []dlp.Pattern{
			{Expr: `\d{12}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"άδεια οδήγησης", "αριθμός άδειας οδήγησης", "ehliyet", "cyprus driving licence", "cyprus driver's license", "driving licence of cyprus",
			"driving licence cy",
		},
		Proximity: 100,
		Positives: []string{
			"άδεια οδήγησης 123456789012",
		},
		Negatives: []string{
			"123456789012", "invoice 123456789012",
		},
	}
}
