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
			{Expr: `\d{3}\.?\d{3}\.?\d{3}-\d`, Check: colombiaNitCheck, Near: dlp.High},
		},
		Keywords: []string{
			"nit", "número de identificación tributaria", "identificación tributaria", "rut", "dian", "contribuyente", "empresa",
		},
		Positives: []string{
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
	return len(d) == 10 && !checksum.Same(d) && "01987654321"[checksum.Sum(d, 41, 37, 29, 23, 19, 17, 13, 7, 3)%11]-'0' == d[9]
}
