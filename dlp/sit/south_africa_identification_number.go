package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func southAfricaIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "south-africa-identification-number", Name: "South Africa Identification Number", GUID: "e2adf7cb-8ea6-4048-a2ed-d89eb65f2780",
		Group: dlp.Identity, Countries: []string{"za"},
		About:  "13 digits: date of birth, sex, citizenship, Luhn check digit.",
		Source: "Department of Home Affairs, Identification Act 68 of 1997",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6} ?\d{4} ?[012] ?[89] ?\d|\d{13}`, Check: southAfricaIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"identity card", "id number", "id no", "identification", "south african id", "south africa id", "sa id", "identity number", "identiteitsnommer",
			"id-nommer",
		},
		Positives: []string{
			"ID number 7503305044089",
		},
		Negatives: []string{
			"7503305044089", "ID number 7503305044088",
		},
	}
}

func southAfricaIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && day(d, 0, 2, 4) && d[10] <= 2 && checksum.Luhn(d)
}
