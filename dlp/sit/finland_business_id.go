package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func finlandBusinessId() dlp.Type {
	return dlp.Type{
		ID: "finland-business-id", Name: "Finland Business ID (Y-tunnus)",
		Group: dlp.Tax, Countries: []string{"fi"},
		About:  "Seven digits and a check digit (weights 7, 9, 10, 5, 8, 4, 2 modulo 11).",
		Source: "PRH, Y-tunnus",
		Patterns: []dlp.Pattern{
			{Expr: `\d{7}-\d`, Check: finlandBusinessIdCheck, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"y-tunnus", "ytunnus", "alv", "fo-nummer", "business id", "yritystunnus",
		},
		Positives: []string{
			"Y-tunnus 2077474-0",
		},
		Negatives: []string{
			"2077474-1",
		},
	}
}

func finlandBusinessIdCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 8 && !checksum.Same(d) && (11-checksum.Sum(d, 7, 9, 10, 5, 8, 4, 2)%11)%11 == int(d[7])
}
