package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func israelBankAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "israel-bank-account-number", Name: "Israel Bank Account Number", GUID: "7d08b2ff-a0b9-437f-957c-aeddbf9b2b25",
		Group: dlp.Financial, Countries: []string{"il"},
		About: "Bank, branch and account number near a keyword.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}-\d{3}-\d{8}|\d{13}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"bank account number", "bank account", "account number", "חשבון בנק", "מספר חשבון", "מספר חשבון בנק", "סניף", "בנק",
		},
		Proximity: 100,
		Positives: []string{
			"מספר חשבון 10-936-12345678",
		},
		Negatives: []string{
			"10-936-12345678",
		},
	}
}
