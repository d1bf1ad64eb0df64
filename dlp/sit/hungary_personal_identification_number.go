package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func hungaryPersonalIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "hungary-personal-identification-number", Name: "Hungary Personal Identification Number", GUID: "7b5cc218-7046-47d9-80c9-f325b50896ca",
		Group: dlp.Identity, Countries: []string{"hu"},
		About:  "Eleven digits: sex and century, date of birth, serial number, check digit modulo 11.",
		Source: "1996. évi XX. törvény",
		Patterns: []dlp.Pattern{
			{Expr: `[1-8][ -]?\d{6}[ -]?\d{4}`, Check: hungaryPersonalIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"személyi szám", "személyi azonosító", "személyi azonosító szám", "személyi igazolvány", "személyazonosító", "személyi", "id szám",
			"personal identification", "hungarian id",
		},
		Positives: []string{
			"személyi azonosító 1-830905-0016",
		},
		Negatives: []string{
			"személyi szám 1-831305-0017", "1-830905-0016",
		},
	}
}

func hungaryPersonalIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && !checksum.Same(d) && day(d, 1, 3, 5) && (checksum.Sum(d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)%11 == int(d[10]) || checksum.Sum(d, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == int(d[10]))
}
