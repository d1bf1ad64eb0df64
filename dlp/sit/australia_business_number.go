package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func australiaBusinessNumber() dlp.Type {
	return dlp.Type{
		ID: "australia-business-number", Name: "Australia Business Number", GUID: "76e83b3b-01ee-4530-aced-e667a6609f49",
		Group: dlp.Tax, Countries: []string{"au"},
		About:  "Eleven digits; weighted sum, one taken from the first digit, divisible by 89.",
		Source: "Australian Business Register",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2} ?\d{3} ?\d{3} ?\d{3}`, Check: australiaBusinessNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"abn", "australia business number", "australian business number", "business number", "business no", "abn no",
		},
		Positives: []string{
			"ABN 83 914 571 673",
		},
		Negatives: []string{
			"83 914 571 673", "ABN 83 914 571 674",
		},
	}
}

func australiaBusinessNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && d[0] > 0 && (checksum.Sum(d, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
}
