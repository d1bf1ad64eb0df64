package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func usIndividualTaxpayerIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "us-individual-taxpayer-identification-number", Name: "U.S. Individual Taxpayer Identification Number (ITIN)", GUID: "e55e2a32-f92d-4985-a35d-a0b269eb687b",
		Group: dlp.Tax, Countries: []string{"us"},
		About:  "Nine digits that begin with 9 and have a group number of the ITIN ranges.",
		Source: "IRS, Internal Revenue Manual 3.21.263",
		Patterns: []dlp.Pattern{
			{Expr: `9\d{2}-\d{2}-\d{4}`, Check: usIndividualTaxpayerIdentificationNumberCheck, Alone: dlp.Low, Near: dlp.High},
			{Expr: `9\d{2} \d{2} \d{4}|9\d{8}`, Check: usIndividualTaxpayerIdentificationNumberCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"itin", "i.t.i.n", "taxpayer", "tax id", "tax identification", "individual taxpayer", "taxpayer identification number", "tin",
		},
		Positives: []string{
			"ITIN 912-70-1234", "tax id 912701234",
		},
		Negatives: []string{
			"itin 912-69-1234", "912701234", "itin 812-70-1234",
		},
	}
}

func usIndividualTaxpayerIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && itinGroup(checksum.Number(d[3:5]))
}

func itinGroup(g int) bool {
	return g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g <= 92 || g >= 94 && g <= 99
}
