package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func colombiaNit() dlp.Type {
	return dlp.Type{
		ID: "colombia-nit", Name: "Colombia Tax Number (NIT)",
		Group: dlp.Tax, Countries: []string{"co"},
		About:  "8 to 10 digits and a check digit (prime weights modulo 11).",
		Source: "DIAN, Orden Administrativa 4 de 1989",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2,4}\.?\d{3}\.?\d{3}-?\d`, Check: colombiaNitCheck, Near: dlp.High},
		},
		Keywords: []string{
			"nit", "número de identificación tributaria", "identificación tributaria", "rut", "dian", "contribuyente", "empresa",
		},
		Positives: []string{
			`NIT 10184648519`,
			"NIT 213.123.432-1",
		},
		Negatives: []string{
			"213.123.432-1", "NIT 213.123.432-2",
		},
	}
}

func colombiaNitCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	n := len(d) - 1
	if checksum.Same(d) {
		return false
	}
	sum := 0
	for i := range n { // weights are counted from the right
		sum += int(d[n-1-i]) * [...]int{3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47}[i]
	}
	return "01987654321"[sum%11]-'0' == d[n]
}
