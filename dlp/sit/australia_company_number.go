package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func australiaCompanyNumber() dlp.Type {
	return dlp.Type{
		ID: "australia-company-number", Name: "Australia Company Number", GUID: "b1fba4f7-7b3e-4bb9-8f9a-9366df604dbb",
		Group: dlp.Tax, Countries: []string{"au"},
		About:  "Nine digits with check digit (weights 8 to 1).",
		Source: "ASIC, ACN check digit",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3} ?\d{3} ?\d{3}`, Check: australiaCompanyNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"acn", "australia company number", "australian company number", "company number", "company no", "acn no",
		},
		Positives: []string{
			"ACN 004 085 616",
		},
		Negatives: []string{
			"004 085 616", "ACN 004 085 617",
		},
	}
}

func australiaCompanyNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && !checksum.Same(d) && (10-checksum.Sum(d, 8, 7, 6, 5, 4, 3, 2, 1)%10)%10 == int(d[8])
}
