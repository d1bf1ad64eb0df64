package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func italyValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "italy-value-added-tax-number", Name: "Italy Value Added Tax Number", GUID: "26a8cc07-2283-4a2a-ab1d-4ab643c4c67f",
		Group: dlp.Tax, Countries: []string{"it"},
		About:  "Eleven digits with Luhn check digit and the code of an office.",
		Source: "D.P.R. 633/1972",
		Patterns: []dlp.Pattern{
			{Expr: `(?:IT ?)?\d{11}`, Check: italyValueAddedTaxNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"partita iva", "p.iva", "p. iva", "piva", "iva", "vat", "vat number", "codice fiscale",
		},
		Positives: []string{
			"P.IVA 00743110157",
		},
		Negatives: []string{
			"00743110157", "P.IVA 00743110158",
		},
	}
}

func italyValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && !checksum.Same(d) && checksum.Luhn(d) && checksum.Number(d[:7]) > 0 && italyOffice(checksum.Number(d[7:10]))
}

func italyOffice(n int) bool {
	return n >= 1 && n <= 100 || n == 120 || n == 121 || n == 888 || n == 999
}
