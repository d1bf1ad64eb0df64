package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func austriaTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "austria-tax-identification-number", Name: "Austria Tax Identification Number", GUID: "4fd58d22-af28-4451-b18a-6f722430a56d",
		Group: dlp.Tax, Countries: []string{"at"},
		About:  "Nine digits in the groups 2-3/4, with Luhn check digit.",
		Source: "OECD, Tax identification numbers: Austria",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}-?\d{3}/?\d{4}`, Check: austriaTaxIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"steuernummer", "abgabenkontonummer", "st.nr", "steuer-id", "finanzamt", "tax number", "tax id", "tin", "österreich",
		},
		Positives: []string{
			"Steuernummer 59-119/9013",
		},
		Negatives: []string{
			"59-119/9013", "Steuernummer 59-119/9012",
		},
	}
}

func austriaTaxIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && !checksum.Same(d) && checksum.Luhn(d)
}
