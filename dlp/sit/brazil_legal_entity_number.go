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
		},
		Keywords: []string{
			"cnpj", "cnpj/mf", "cnpj-mf", "cadastro nacional da pessoa jurídica", "pessoa jurídica", "empresa", "inscrição", "situação cadastral",
			"fornecedor",
		},
		Positives: []string{
			"CNPJ 16.727.230/0001-97",
		},
		Negatives: []string{
			"16.727.230/0001-98",
		},
	}
}

func brazilLegalEntityNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 14 && !checksum.Same(d) && brazilCheck(d, 12, 9) && brazilCheck(d, 13, 9)
}
