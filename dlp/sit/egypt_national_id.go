package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func egyptNationalId() dlp.Type {
	return dlp.Type{
		ID: "egypt-national-id", Name: "Egypt National ID",
		Group: dlp.Identity, Countries: []string{"eg"},
		About:  "14 digits: century, date of birth, governorate, serial number, near a keyword.",
		Source: "قانون الأحوال المدنية 143/1994",
		Patterns: []dlp.Pattern{
			{Expr: `[23]\d{13}`, Check: egyptNationalIdCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"الرقم القومي", "رقم قومي", "بطاقة الرقم القومي", "national id", "egyptian id", "رقم البطاقة",
		},
		Positives: []string{
			"الرقم القومي 29001011234567",
		},
		Negatives: []string{
			"29001011234567",
		},
	}
}

func egyptNationalIdCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 14 && day(d, 1, 3, 5) && (checksum.Number(d[7:9]) <= 35 || d[7] == 8)
}
