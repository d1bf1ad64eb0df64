package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func brazilCpfNumber() dlp.Type {
	return dlp.Type{
		ID: "brazil-cpf-number", Name: "Brazil CPF Number", GUID: "78e09124-f2c3-4656-b32a-c1a132cd2711",
		Group: dlp.Tax, Countries: []string{"br"},
		About:  "Eleven digits with two check digits modulo 11.",
		Source: "Receita Federal, IN RFB 1548",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}\.\d{3}\.\d{3}-\d{2}`, Check: brazilCpfNumberCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `\d{9}-?\d{2}`, Check: brazilCpfNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"cpf", "cpf nº", "identificação", "registro", "receita federal", "cadastro de pessoas físicas", "contribuinte", "imposto", "documento",
		},
		Positives: []string{
			"CPF 390.533.447-05",
		},
		Negatives: []string{
			"390.533.447-06",
		},
	}
}

func brazilCpfNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && !checksum.Same(d) && brazilCheck(d, 9, 11) && brazilCheck(d, 10, 11)
}

// brazilCheck checks the digit at place n with weights that rise from 2 to the left and, past limit, begin at 2 again.
func brazilCheck(d []byte, n, limit int) bool {
	sum, w := 0, 2
	for i := n - 1; i >= 0; i-- {
		sum += int(d[i]) * w
		if w++; w > limit {
			w = 2
		}
	}
	c := 11 - sum%11
	if c > 9 {
		c = 0
	}
	return c == int(d[n])
}
