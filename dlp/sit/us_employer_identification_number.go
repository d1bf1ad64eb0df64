package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func usEmployerIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "us-employer-identification-number", Name: "U.S. Employer Identification Number (EIN)",
		Group: dlp.Tax, Countries: []string{"us"},
		About:  "Two digits of an issuing campus, a hyphen and seven digits, near a keyword.",
		Source: "IRS, valid EIN prefixes",
		Patterns: []dlp.Pattern{
			{Expr: `(?:0[1-6]|1[0-6]|2[0-7]|3[0-9]|4[0-8]|5[0-9]|6[0-8]|7[1-7]|8[0-8]|9[0-589])-\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"ein", "employer identification number", "employer id", "federal tax id", "fein", "federal employer", "tax id", "irs",
		},
		Positives: []string{
			"EIN 12-3456789",
		},
		Negatives: []string{
			"12-3456789", "EIN 07-1234567",
		},
	}
}
