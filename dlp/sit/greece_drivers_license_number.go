package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func greeceDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "greece-drivers-license-number", Name: "Greece Driver's License Number", GUID: "7a2200b5-aacf-4e3c-ab36-136d3e68b7da",
		Group: dlp.Driving, Countries: []string{"gr"},
		About:  "The shape of a driving licence number of Greece near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: GR",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"άδεια οδήγησης", "δίπλωμα οδήγησης", "αριθμός άδειας", "greece driving licence", "greece driver's license", "driving licence of greece",
			"driving licence gr",
		},
		Proximity: 100,
		Positives: []string{
			"άδεια οδήγησης 123456780",
		},
		Negatives: []string{
			"123456780", "invoice 123456780",
		},
	}
}
