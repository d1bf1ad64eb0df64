package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func canadaBankAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "canada-bank-account-number", Name: "Canada Bank Account Number", GUID: "552e814c-cb50-4d94-bbaa-bb1d1ffb34de",
		Group: dlp.Financial, Countries: []string{"ca"},
		About:  "A transit number of five digits, an institution of three, and 7 to 12 digits, near a keyword.",
		Source: "Payments Canada, Rule A4",
		Patterns: []dlp.Pattern{
			{Expr: `\d{5}[ -]\d{3}(?:[ -]\d{7,12})?|\d{7,12}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"canada savings bonds", "bank account number", "bank account", "numéro de compte", "compte bancaire", "transit number", "transit no",
			"institution number", "compte chèque", "compte d'épargne", "account number", "direct deposit", "dépôt direct",
		},
		Proximity: 100,
		Positives: []string{
			"transit number 12345-001 1234567",
		},
		Negatives: []string{
			"12345-001",
		},
	}
}
