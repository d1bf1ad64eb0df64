package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func germanyDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "germany-drivers-license-number", Name: "Germany Driver's License Number", GUID: "91da9335-1edb-45b7-a95f-5fe41a16c63c",
		Group: dlp.Driving, Countries: []string{"de"},
		About:  "Eleven characters (office, number, check character, issue) near words for a driving licence.",
		Source: "Fahrerlaubnis-Verordnung, Anlage 8",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z0-9]\d{2}[A-Z0-9]{6}\d[A-Z0-9]`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"führerschein", "führerscheinnummer", "fuhrerschein", "fuehrerschein", "führerschein-nr", "führerscheinnr", "fahrerlaubnis",
			"german driving licence", "german driver's license",
		},
		Proximity: 100,
		Positives: []string{
			"Führerscheinnummer B072RRE2I55",
		},
		Negatives: []string{
			"B072RRE2I55",
		},
	}
}
