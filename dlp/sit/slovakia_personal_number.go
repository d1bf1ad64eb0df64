package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func slovakiaPersonalNumber() dlp.Type {
	return dlp.Type{
		ID: "slovakia-personal-number", Name: "Slovakia Personal Number", GUID: "951c26b7-3b35-4f73-924b-15dd599cb9ab",
		Group: dlp.Identity, Countries: []string{"sk"},
		About:  "Nine or ten digits: date of birth, serial number, divisible by 11.",
		Source: "Zákon č. 301/1995 Z. z.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}/?\d{3,4}`, Check: birthNumber, Near: dlp.High},
		},
		Keywords: []string{
			"rodné číslo", "rodne cislo", "r.č", "občiansky preukaz", "osobné číslo", "číslo poistenca", "birth number", "slovak personal",
			"personal identity number", "identifikačné číslo", "bezpečnostné číslo",
		},
		Positives: []string{
			"občiansky preukaz, rodné číslo 710319/2745",
		},
		Negatives: []string{
			"710319/2745",
		},
	}
}
