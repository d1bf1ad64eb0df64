package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func hungarySocialSecurityNumber() dlp.Type {
	return dlp.Type{
		ID: "hungary-social-security-number", Name: "Hungary Social Security Number (TAJ)", GUID: "0de78315-9537-47f5-95ab-b3e77eba3993",
		Group: dlp.Social, Countries: []string{"hu"},
		About:  "Nine digits with check digit (weights 3 and 7).",
		Source: "1996. évi XX. törvény",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}[ -]?\d{3}[ -]?\d{3}`, Check: hungarySocialSecurityNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"taj", "taj szám", "taj-szám", "tajszám", "társadalombiztosítási", "társadalombiztosítási azonosító", "egészségbiztosítási", "social security",
			"hungarian social",
		},
		Positives: []string{
			"TAJ szám 111 111 110",
		},
		Negatives: []string{
			"111 111 110", "TAJ 111 111 112",
		},
	}
}

func hungarySocialSecurityNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && !checksum.Same(d) && checksum.Sum(d, 3, 7, 3, 7, 3, 7, 3, 7)%10 == int(d[8])
}
