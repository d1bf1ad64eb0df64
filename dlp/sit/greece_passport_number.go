package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func greecePassportNumber() dlp.Type {
	return dlp.Type{
		ID: "greece-passport-number", Name: "Greece Passport Number", GUID: "7e65eb47-cdf9-4f52-8f90-2a27d5ee67e3",
		Group: dlp.Passport, Countries: []string{"gr"},
		About:  "The shape of a passport number of Greece near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: GR",
		Patterns: []dlp.Pattern{
			{Expr: `[A-ZΑΒΕΖΗΙΚΜΝΟΡΤΥΧ]{2}\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"διαβατήριο", "αριθμός διαβατηρίου", "διαβατηρίου", "ελληνικό διαβατήριο", "greece passport", "passport of greece", "passport gr", "gr passport",
		},
		Proximity: 100,
		Positives: []string{
			"διαβατήριο AE1234567", "passport of greece: AE1234567",
		},
		Negatives: []string{
			"AE1234567", "invoice AE1234567",
		},
	}
}
