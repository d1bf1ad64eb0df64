package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func maltaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "malta-drivers-license-number", Name: "Malta Driver's License Number", GUID: "a3bdaa4a-8371-4735-8fa5-56ee0fb4afc4",
		Group: dlp.Driving, Countries: []string{"mt"},
		About:  "The shape of a driving licence number of Malta near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: MT",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2} ?\d{3} ?\d{3}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"liċenzja tas-sewqan", "licenzja tas-sewqan", "maltese driving licence", "malta driving licence", "malta driver's license",
			"driving licence of malta", "driving licence mt",
		},
		Proximity: 100,
		Positives: []string{
			"liċenzja tas-sewqan AB 123 456",
		},
		Negatives: []string{
			"AB 123 456", "invoice AB 123 456",
		},
	}
}
