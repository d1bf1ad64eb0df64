package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func mexicoClabe() dlp.Type {
	return dlp.Type{
		ID: "mexico-clabe", Name: "Mexico Bank Account (CLABE)",
		Group: dlp.Financial, Countries: []string{"mx"},
		About:  "18 digits with check digit (weights 3, 7, 1).",
		Source: "Banco de México, CLABE",
		Patterns: []dlp.Pattern{
			{Expr: `\d{18}`, Check: mexicoClabeCheck, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"clabe", "clabe interbancaria", "cuenta bancaria", "número de cuenta", "transferencia", "spei", "banco",
		},
		Positives: []string{
			"CLABE 032180000118359719", "002010077777777771",
		},
		Negatives: []string{
			"032180000118359718", "clabe 032180000118359710",
		},
	}
}

func mexicoClabeCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 18 && !checksum.Same(d) && (10-clabeSum(d[:17])%10)%10 == int(d[17])
}

func clabeSum(d []byte) int {
	n := 0
	for i, v := range d {
		n += int(v) * [3]int{3, 7, 1}[i%3] % 10
	}
	return n
}
