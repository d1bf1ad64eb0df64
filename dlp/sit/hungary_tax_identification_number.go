package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func hungaryTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "hungary-tax-identification-number", Name: "Hungary Tax Identification Number", GUID: "ede42eb4-59d9-49eb-9603-d7853fbda91d",
		Group: dlp.Tax, Countries: []string{"hu"},
		About:  "Ten digits that begin with 8, check digit modulo 11.",
		Source: "1996. évi XX. törvény",
		Patterns: []dlp.Pattern{
			{Expr: `8\d{9}`, Check: hungaryTaxIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"adóazonosító", "adóazonosító jel", "adóazonosító szám", "adóigazgatási", "adószám", "adókártya", "tax id", "tin", "hungarian tax",
		},
		Positives: []string{
			"adóazonosító jel 8071592153",
		},
		Negatives: []string{
			"8071592153", "adóazonosító jel 8071592154",
		},
	}
}

func hungaryTaxIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && checksum.Sum(d, 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 == int(d[9])
}
