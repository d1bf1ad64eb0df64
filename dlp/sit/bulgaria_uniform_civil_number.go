package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func bulgariaUniformCivilNumber() dlp.Type {
	return dlp.Type{
		ID: "bulgaria-uniform-civil-number", Name: "Bulgaria Uniform Civil Number", GUID: "100d58b1-0a35-4fb1-aa89-e4a86fb53fcc",
		Group: dlp.Identity, Countries: []string{"bg"},
		About:  "Ten digits: date of birth, serial number, check digit modulo 11.",
		Source: "ЕГН, ordinance of the Ministry of Regional Development",
		Patterns: []dlp.Pattern{
			{Expr: `\d{10}`, Check: bulgariaUniformCivilNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"егн", "единен граждански номер", "егн №", "лична карта", "личен номер", "egn", "bucn", "uniform civil", "uniform civil number",
			"uniform civil id", "national id", "personal id", "ucn",
		},
		Positives: []string{
			"ЕГН 8032056031",
		},
		Negatives: []string{
			"8032056031", "ЕГН 8032056032",
		},
	}
}

func bulgariaUniformCivilNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && egnDate(d) && checksum.Sum(d, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == int(d[9])
}

func egnDate(d []byte) bool {
	month := int(d[2])*10 + int(d[3])
	return checksum.Date(2000+checksum.Number(d[:2]), month%20, checksum.Number(d[4:6])) && month <= 52
}
