package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func polandNationalId() dlp.Type {
	return dlp.Type{
		ID: "poland-national-id", Name: "Poland National ID (PESEL)", GUID: "e3aaf206-4297-412f-9e06-ba8487e22456",
		Group: dlp.Identity, Countries: []string{"pl"},
		About:  "Eleven digits: date of birth with the century in the month, serial number, check digit (weights 1, 3, 7, 9).",
		Source: "Ustawa o ewidencji ludności",
		Patterns: []dlp.Pattern{
			{Expr: `\d{11}`, Check: polandNationalIdCheck, Near: dlp.High},
		},
		Keywords: []string{
			"pesel", "nr pesel", "numer pesel", "numer ewidencyjny", "powszechny elektroniczny system ewidencji ludności", "dowód osobisty", "identyfikator",
			"polish id", "national id number",
		},
		Positives: []string{
			"PESEL 44051401359",
		},
		Negatives: []string{
			"44051401359", "PESEL 44051401358", "PESEL 44131401359",
		},
	}
}

func polandNationalIdCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && !checksum.Same(d) && peselDate(d) && (checksum.Sum(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)+int(d[10]))%10 == 0
}

func peselDate(d []byte) bool {
	month := int(d[2])*10 + int(d[3])
	return checksum.Date(2000+checksum.Number(d[:2]), month%20, checksum.Number(d[4:6]))
}
