package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func ukValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "uk-value-added-tax-number", Name: "U.K. Value Added Tax Number",
		Group: dlp.Tax, Countries: []string{"gb"},
		About:  "GB and nine digits, weighted sum divisible by 97 (or with 55 added).",
		Source: "HMRC, VAT registration number check",
		Patterns: []dlp.Pattern{
			{Expr: `(?:GB ?)?\d{3} ?\d{4} ?\d{2}(?: ?\d{3})?`, Check: ukValueAddedTaxNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"vat", "vat number", "vat no", "vat reg", "vat registration", "vat reg no", "hmrc",
		},
		Positives: []string{
			"VAT GB 980 7806 84",
		},
		Negatives: []string{
			"980 7806 84", "VAT GB 980 7806 85",
		},
	}
}

func ukValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 9 || len(d) == 12) && !checksum.Same(d) && ukVat(d)
}

func ukVat(d []byte) bool {
	n := checksum.Sum(d, 8, 7, 6, 5, 4, 3, 2, 10, 1)
	return n%97 == 0 || (n+55)%97 == 0
}
