package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func icelandKennitala() dlp.Type {
	return dlp.Type{
		ID: "iceland-kennitala", Name: "Iceland Identification Number (Kennitala)",
		Group: dlp.Identity, Countries: []string{"is"},
		About:  "Ten digits: date of birth, serial number, check digit modulo 11, century.",
		Source: "Þjóðskrá, kennitala",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}-?\d{4}`, Check: icelandKennitalaCheck, Near: dlp.High},
		},
		Keywords: []string{
			"kennitala", "kt", "kennitölu", "íslensk", "icelandic id", "national id",
		},
		Positives: []string{
			"kennitala 120174-3399",
		},
		Negatives: []string{
			"120174-3399", "kennitala 120174-3499",
		},
	}
}

func icelandKennitalaCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && (d[9] == 9 || d[9] == 0 || d[9] == 8) && checksum.Date(2000+checksum.Number(d[4:6]), checksum.Number(d[2:4]), checksum.Number(d[:2])%40) && (11-checksum.Sum(d, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == int(d[8])
}
