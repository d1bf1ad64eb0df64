package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func ukUniqueTaxpayerReferenceNumber() dlp.Type {
	return dlp.Type{
		ID: "uk-unique-taxpayer-reference-number", Name: "U.K. Unique Taxpayer Reference Number", GUID: "ad4a8116-0db8-439a-b545-6d967642f0ec",
		Group: dlp.Tax, Countries: []string{"gb"},
		About:  "Ten digits; the first is the check digit (weights 6, 7, 8, 9, 10, 5, 4, 3, 2 modulo 11).",
		Source: "HMRC, UTR modulus check",
		Patterns: []dlp.Pattern{
			{Expr: `\d{5} ?\d{5}K?`, Check: ukUniqueTaxpayerReferenceNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"utr", "utr number", "utr no", "unique taxpayer reference", "unique tax reference", "taxpayer reference", "self assessment", "tax reference",
			"tax number", "hmrc",
		},
		Positives: []string{
			"UTR 1955839661",
		},
		Negatives: []string{
			"1955839661", "UTR 2955839661",
		},
	}
}

func ukUniqueTaxpayerReferenceNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && "21987654321"[checksum.Sum(d[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11]-'0' == d[0]
}
