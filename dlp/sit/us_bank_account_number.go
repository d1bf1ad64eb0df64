package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func usBankAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "us-bank-account-number", Name: "U.S. Bank Account Number", GUID: "a2ce32a8-f935-4bb6-8e96-2a5157672e2c",
		Group: dlp.Financial, Countries: []string{"us"},
		About: "6 to 17 digits near words for a bank account.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6,17}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"checking account number", "checking account", "checking account #", "checking acct number", "checking acct", "savings account number",
			"savings account", "savings acct", "bank account number", "bank account #", "bank account no", "bank acct", "bank account", "bank acct number",
			"debit account number", "acct #", "account number", "direct deposit",
		},
		Proximity: 100,
		Positives: []string{
			"Checking account number: 000123456789",
		},
		Negatives: []string{
			"123456789", "order number 123456789",
		},
	}
}
