package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func portugalTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "portugal-tax-identification-number", Name: "Portugal Tax Identification Number", GUID: "65372402-3131-4f1e-9983-4439841d1f15",
		Group: dlp.Tax, Countries: []string{"pt"},
		About:  "Nine digits with check digit (weights 9 to 2 modulo 11).",
		Source: "Decreto-Lei 14/2013",
		Patterns: []dlp.Pattern{
			{Expr: `(?:PT ?)?[1-35689]\d{2} ?\d{3} ?\d{3}`, Check: portugalTaxIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"nif", "nipc", "contribuinte", "número de contribuinte", "número fiscal", "número de identificação fiscal", "cpf#", "identificação fiscal", "iva",
			"tin", "tax id",
		},
		Positives: []string{
			"NIF PT 501 964 843",
		},
		Negatives: []string{
			"501 964 843", "NIF 501 964 844",
		},
	}
}

func portugalTaxIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && !checksum.Same(d) && (11-checksum.Sum(d, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == int(d[8])
}
