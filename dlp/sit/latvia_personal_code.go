package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func latviaPersonalCode() dlp.Type {
	return dlp.Type{
		ID: "latvia-personal-code", Name: "Latvia Personal Code", GUID: "03fcf763-27c2-49ed-9422-2641c6c895c9",
		Group: dlp.Identity, Countries: []string{"lv"},
		About:  "Eleven digits: date of birth, serial number, check digit modulo 11; or a code that begins with 32 and has none.",
		Source: "Fizisko personu reģistra likums",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}-\d{5}|32\d{4}-?\d{5}|\d{11}`, Check: latviaPersonalCodeCheck, Near: dlp.High},
		},
		Keywords: []string{
			"personas kods", "personas koda", "pk", "nodokļu maksātāja", "personas apliecība", "personal code", "latvian", "valsts identifikācijas",
		},
		Positives: []string{
			"personas kods 161175-19997",
		},
		Negatives: []string{
			"161175-19997", "personas kods 161175-19998",
		},
	}
}

func latviaPersonalCodeCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && !checksum.Same(d) && (checksum.Number(d[:2]) == 32 || checksum.Date(2000+checksum.Number(d[4:6]), checksum.Number(d[2:4]), checksum.Number(d[:2])) && (1+checksum.Sum(d, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9))%11%10 == int(d[10]))
}
