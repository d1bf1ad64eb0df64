package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func argentinaCbu() dlp.Type {
	return dlp.Type{
		ID: "argentina-cbu", Name: "Argentina Bank Account (CBU)",
		Group: dlp.Financial, Countries: []string{"ar"},
		About:  "22 digits: bank and branch with check digit, account with check digit.",
		Source: "BCRA, Comunicación A 2622",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8} ?\d{14}`, Check: argentinaCbuCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"cbu", "clave bancaria uniforme", "cuenta bancaria", "cuenta", "transferencia", "banco",
		},
		Positives: []string{
			"CBU 2850590940090418135201",
		},
		Negatives: []string{
			"2850590940090418135202",
		},
	}
}

func argentinaCbuCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 22 && !checksum.Same(d) && (10-checksum.Sum(d, 7, 1, 3, 9, 7, 1, 3)%10)%10 == int(d[7]) && (10-checksum.Sum(d[8:], 3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3)%10)%10 == int(d[21])
}
