package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func polandPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "poland-passport-number", Name: "Poland Passport Number", GUID: "03937fb5-d2b6-4487-b61f-0f8bff7c3517",
		Group: dlp.Passport, Countries: []string{"pl"},
		About:  "Two letters, a check digit and six digits (weights 7, 3, 1, 7, 3).",
		Source: "Ustawa o dokumentach paszportowych",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2} ?\d{7}`, Check: polandPassportNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"paszport", "numer paszportu", "nr paszportu", "paszportu", "passport", "passport number", "polish passport",
		},
		Positives: []string{
			"paszport ZS0000177",
		},
		Negatives: []string{
			"ZS0000177", "paszport ZS1000177",
		},
	}
}

func polandPassportNumberCheck(m []byte) bool {
	var b [48]byte
	v := checksum.Alnum(b[:0], m)
	return len(v) == 9 && checksum.Sum(v, 7, 3, 0, 1, 7, 3, 1, 7, 3)%10 == int(v[2])
}
