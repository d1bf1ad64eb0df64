package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func australiaBankAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "australia-bank-account-number", Name: "Australia Bank Account Number", GUID: "74a54de9-2a30-4aa0-a8aa-3d9327fc07c7",
		Group: dlp.Financial, Countries: []string{"au"},
		About:  "A BSB of six digits and 6 to 10 digits, near a keyword.",
		Source: "AusPayNet, BSB",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}-\d{3}[ ,:;/]{0,3}\d{6,10}|\d{3}-\d{3}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"swift bank code", "correspondent bank", "base currency", "usa account", "holder address", "bank address", "information account",
			"fund transfers", "bank charges", "bank details", "banking information", "bsb", "bsb number", "account number", "bank account",
		},
		Proximity: 60,
		Positives: []string{
			"BSB 083-004 12345678",
		},
		Negatives: []string{
			"083-004 12345678",
		},
	}
}
