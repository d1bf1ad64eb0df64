package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func croatiaPersonalIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "croatia-personal-identification-number", Name: "Croatia Personal Identification (OIB) Number", GUID: "31983b6d-db95-4eb2-a630-b44bd091968d",
		Group: dlp.Identity, Countries: []string{"hr"},
		About:  "Eleven digits with check digit by ISO 7064 MOD 11,10.",
		Source: "Zakon o osobnom identifikacijskom broju",
		Patterns: []dlp.Pattern{
			{Expr: `(?:HR ?)?\d{11}`, Check: mod11x10, Near: dlp.High},
		},
		Keywords: []string{
			"oib", "osobni identifikacijski broj", "osobni id", "porezni broj", "porezna", "identifikacijski broj", "personal identification", "hrvatska",
		},
		Positives: []string{
			"OIB 33392005961", "osobni identifikacijski broj: HR33392005961",
		},
		Negatives: []string{
			"33392005961", "OIB 33392005962",
		},
	}
}
