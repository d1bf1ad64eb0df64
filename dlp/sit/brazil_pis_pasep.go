package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func brazilPisPasep() dlp.Type {
	return dlp.Type{
		ID: "brazil-pis-pasep", Name: "Brazil PIS/PASEP Number",
		Group: dlp.Social, Countries: []string{"br"},
		About:  "Eleven digits with check digit modulo 11.",
		Source: "Caixa Econômica Federal, PIS",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}\.?\d{5}\.?\d{2}-?\d`, Check: brazilPisPasepCheck, Near: dlp.High},
		},
		Keywords: []string{
			"pis", "pasep", "pis/pasep", "nit", "nis", "trabalhador", "carteira de trabalho", "inss",
		},
		Positives: []string{
			"PIS 120.56412.54-5",
		},
		Negatives: []string{
			"120.56412.54-5", "PIS 120.56412.54-8",
		},
	}
}

func brazilPisPasepCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && !checksum.Same(d) && (11-checksum.Sum(d, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == int(d[10])
}
