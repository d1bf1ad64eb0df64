package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func romaniaPersonalNumericCode() dlp.Type {
	return dlp.Type{
		ID: "romania-personal-numeric-code", Name: "Romania Personal Numerical Code (CNP)", GUID: "eb5fa399-fe28-4c67-8188-d63a616ed89c",
		Group: dlp.Identity, Countries: []string{"ro"},
		About:  "13 digits: sex and century, date of birth, county, serial number, check digit (weights 279146358279 modulo 11).",
		Source: "Legea 105/1996",
		Patterns: []dlp.Pattern{
			{Expr: `[1-9]\d{12}`, Check: romaniaPersonalNumericCodeCheck, Near: dlp.High},
		},
		Keywords: []string{
			"cnp", "cod numeric personal", "codul numeric personal", "numeric personal", "număr de identificare", "carte de identitate", "număr identitate",
			"cod identificare", "personal numeric code", "personal numerical code", "romanian id",
		},
		Positives: []string{
			"CNP 1630615123457",
		},
		Negatives: []string{
			"1630615123457", "CNP 1630615123458",
		},
	}
}

func romaniaPersonalNumericCodeCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && checksum.Date(2000+checksum.Number(d[1:3]), checksum.Number(d[3:5]), checksum.Number(d[5:7])) && romaniaCheck(d)
}

func romaniaCheck(d []byte) bool {
	c := checksum.Sum(d, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	return c == int(d[12]) || c == 10 && d[12] == 1
}
