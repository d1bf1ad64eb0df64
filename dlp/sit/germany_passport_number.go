package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func germanyPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "germany-passport-number", Name: "Germany Passport Number", GUID: "2e3da144-d42b-47ed-b123-fbf78604e52c",
		Group: dlp.Passport, Countries: []string{"de"},
		About:  "Nine characters of the passport's alphabet that begin with C, F, G, H, J or K, with or without check digit.",
		Source: "Passverordnung; ICAO Doc 9303-4",
		Patterns: []dlp.Pattern{
			{Expr: `[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]{8}\d`, Check: icaoCheck, Near: dlp.High},
			{Expr: `[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]{8}`, Check: random2, Near: dlp.Medium},
		},
		Keywords: []string{
			"reisepass", "reisepassnummer", "pass", "passnummer", "reisepass-nr", "passport", "passport number", "german passport",
		},
		Positives: []string{
			"Reisepass C01X0006H", "Reisepass-Nr. C01X0006H1",
		},
		Negatives: []string{
			"C01X0006H", "Reisepass CCCCCCCCC",
		},
	}
}
