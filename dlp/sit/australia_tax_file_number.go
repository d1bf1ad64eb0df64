package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func australiaTaxFileNumber() dlp.Type {
	return dlp.Type{
		ID: "australia-tax-file-number", Name: "Australia Tax File Number", GUID: "e29bc95f-ff70-4a37-aa01-04d17360a4c5",
		Group: dlp.Tax, Countries: []string{"au"},
		About:  "Eight or nine digits with weighted sum divisible by 11.",
		Source: "ATO, TFN algorithm",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}[ -]?\d{3}[ -]?\d{2,3}`, Check: australiaTaxFileNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"tfn", "tax file number", "australian business number", "marginal tax rate", "medicare levy", "portfolio number", "service veterans",
			"withholding tax", "individual tax return", "tax file", "tfn number",
		},
		Positives: []string{
			"TFN 123 456 782",
		},
		Negatives: []string{
			"123 456 782", "TFN 123 456 783",
		},
	}
}

func australiaTaxFileNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 8 || len(d) == 9) && !checksum.Same(d) && australiaTfn(d)
}

func australiaTfn(d []byte) bool {
	if len(d) == 8 {
		return checksum.Sum(d, 10, 7, 8, 4, 6, 3, 5, 1)%11 == 0
	}
	return checksum.Sum(d, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
}
