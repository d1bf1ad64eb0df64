package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func ukBankAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "uk-bank-account-number", Name: "U.K. Bank Account Number",
		Group: dlp.Financial, Countries: []string{"gb"},
		About:  "A sort code and an account number of eight digits near words for them.",
		Source: "UK Payments, sort codes",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}-\d{2}-\d{2}[ ,;/|]{1,3}\d{8}`, Check: notSame, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `\d{8}`, Check: notSame, Near: dlp.Low},
		},
		Keywords: []string{
			"sort code", "sortcode", "account number", "account no", "bank account", "bacs", "faster payments", "bank details",
		},
		Proximity: 60,
		Positives: []string{
			"Sort code 20-00-00 55779911", "account no 55779911",
		},
		Negatives: []string{
			"20-00-00", "55779911",
		},
	}
}
