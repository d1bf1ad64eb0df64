package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func argentinaUniqueTaxIdentificationKey() dlp.Type {
	return dlp.Type{
		ID: "argentina-unique-tax-identification-key", Name: "Argentina Unique Tax Identification Key (CUIT/CUIL)", GUID: "98da3da1-9199-4571-b7c4-b6522980b507",
		Group: dlp.Tax, Countries: []string{"ar"},
		About:  "Eleven digits: kind, number, check digit modulo 11.",
		Source: "AFIP, CUIT",
		Patterns: []dlp.Pattern{
			{Expr: `(?:2[03-7]|3[034])-?\d{8}-?\d`, Check: argentinaUniqueTaxIdentificationKeyCheck, Near: dlp.High},
			{Expr: `(?:2[03-7]|3[034])-\d{8}-\d`, Check: argentinaUniqueTaxIdentificationKeyCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"cuit", "cuil", "cdi", "clave única de identificación tributaria", "identificación tributaria", "identificación laboral", "afip", "contribuyente",
			"número de cuit",
		},
		Positives: []string{
			"CUIT 20-05536168-2",
		},
		Negatives: []string{
			"20-05536168-3", "20055361682",
		},
	}
}

func argentinaUniqueTaxIdentificationKeyCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && argentinaCuit(d)
}

func argentinaCuit(d []byte) bool {
	c := 11 - checksum.Sum(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11
	return c%11 == int(d[10]) || c == 10 && d[10] == 9
}
