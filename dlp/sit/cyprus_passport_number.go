package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func cyprusPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "cyprus-passport-number", Name: "Cyprus Passport Number", GUID: "9193e2e8-7f8c-43c1-a274-ac40d651936f",
		Group: dlp.Passport, Countries: []string{"cy"},
		About:  "The shape of a passport number of Cyprus near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: CY",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]\d{6,8}|[A-Z]{2}\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"διαβατήριο", "αριθμός διαβατηρίου", "pasaport", "κυπριακό διαβατήριο", "cyprus passport", "passport of cyprus", "passport cy", "cy passport",
		},
		Proximity: 100,
		Positives: []string{
			"διαβατήριο K12345678", "passport of cyprus: K12345678",
		},
		Negatives: []string{
			"K12345678", "invoice K12345678",
		},
	}
}
