package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func polandRegonNumber() dlp.Type {
	return dlp.Type{
		ID: "poland-regon-number", Name: "Polish REGON Number", GUID: "fc87b421-f437-4f8b-b739-29a735ead0d9",
		Group: dlp.Tax, Countries: []string{"pl"},
		About:  "9 or 14 digits with check digits modulo 11.",
		Source: "Rozporządzenie w sprawie rejestru REGON",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}(?:\d{5})?`, Check: polandRegonNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"regon", "regon id", "numer statystyczny", "numer regon", "gus",
		},
		Positives: []string{
			"REGON 192598184",
		},
		Negatives: []string{
			"192598184", "REGON 192598185",
		},
	}
}

func polandRegonNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 9 || len(d) == 14) && !checksum.Same(d) && checksum.Sum(d, 8, 9, 2, 3, 4, 5, 6, 7)%11%10 == int(d[8]) && (len(d) == 9 || checksum.Sum(d, 2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8)%11%10 == int(d[13]))
}
