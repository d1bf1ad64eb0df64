package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func hungaryValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "hungary-value-added-tax-number", Name: "Hungary Value Added Tax Number", GUID: "976349a0-683b-477a-90f8-ff0a220d5592",
		Group: dlp.Tax, Countries: []string{"hu"},
		About:  "HU and eight digits, or the tax number with its suffix, with check digit (weights 9, 7, 3, 1).",
		Source: "2017. évi CL. törvény",
		Patterns: []dlp.Pattern{
			{Expr: `HU[ -]?\d{8}|\d{8}-[1-5]-\d{2}`, Check: hungaryValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"adószám", "áfa", "közösségi adószám", "általános forgalmi adó", "vat", "vat number", "hungarian vat",
		},
		Positives: []string{
			"adószám HU-12892312",
		},
		Negatives: []string{
			"HU-12892313",
		},
	}
}

func hungaryValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 8 || len(d) == 11) && !checksum.Same(d) && checksum.Sum(d, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0
}
