package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func brazilLegalEntityNumber() dlp.Type {
	return dlp.Type{
		ID: "brazil-legal-entity-number", Name: "Brazil Legal Entity Number (CNPJ)", GUID: "9b58b5cd-5e90-4df6-b34f-1ebcc88ceae4",
		Group: dlp.Tax, Countries: []string{"br"},
		About:  "14 digits with two check digits modulo 11.",
		Source: "Receita Federal, IN RFB 2119",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}`, Check: brazilLegalEntityNumberCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `[0-9A-Za-z]{2}\.[0-9A-Za-z]{3}\.[0-9A-Za-z]{3}/[0-9A-Za-z]{4}-\d{2}|[0-9A-Z]{12}\d{2}|\d{2}[0-9A-Za-z]{10}\d{2}`, Check: brazilLegalEntityLetters, Near: dlp.High},
		},
		Keywords: []string{
			"cnpj", "cnpj/mf", "cnpj-mf", "cadastro nacional da pessoa jurídica", "pessoa jurídica", "empresa", "inscrição", "situação cadastral",
			"fornecedor",
		},
		Positives: []string{
			`CNPJ 12.ABC.345/01DE-35`,
			"CNPJ 16.727.230/0001-97",
		},
		Negatives: []string{
			`CNPJ 12.ABC.345/01DE-36`,
			"16.727.230/0001-98",
		},
	}
}

func brazilLegalEntityNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 14 && !checksum.Same(d) && brazilCheck(d, 12, 9) && brazilCheck(d, 13, 9)
}

// brazilLegalEntityLetters checks numbers given from 2026 on, whose first twelve places may be letters: each place counts
// as its ASCII code less 48 (Receita Federal, Instrução Normativa 2.229 of 2024).
func brazilLegalEntityLetters(m []byte) bool {
	var b [32]byte
	v, letters := b[:0], 0
	for _, c := range m {
		switch {
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
			fallthrough
		case c >= 'A' && c <= 'Z':
			letters++
			fallthrough
		case c >= '0' && c <= '9':
			v = append(v, c-'0')
		}
	}
	return len(v) == 14 && letters > 0 && brazilCheck(v, 12, 9) && brazilCheck(v, 13, 9)
}
