package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func peruRuc() dlp.Type {
	return dlp.Type{
		ID: "peru-ruc", Name: "Peru Taxpayer Number (RUC)",
		Group: dlp.Tax, Countries: []string{"pe"},
		About:  "Eleven digits that begin with 10, 15, 17 or 20, check digit modulo 11.",
		Source: "SUNAT, RUC",
		Patterns: []dlp.Pattern{
			{Expr: `(?:10|15|17|20)\d{9}`, Check: peruRucCheck, Near: dlp.High},
		},
		Keywords: []string{
			"ruc", "registro único de contribuyentes", "sunat", "contribuyente", "razón social",
		},
		Positives: []string{
			"RUC 20512333797",
		},
		Negatives: []string{
			"20512333797", "RUC 20512333798",
		},
	}
}

func peruRucCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && (11-checksum.Sum(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%10 == int(d[10])
}
