package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func newZealandBankAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "new-zealand-bank-account-number", Name: "New Zealand Bank Account Number", GUID: "1a97fc2b-dd2f-48f1-bc4e-2ddf25813956",
		Group: dlp.Financial, Countries: []string{"nz"},
		About:  "Bank, branch, account base and suffix: 2, 4, 7 and 2 or 3 digits, with the bank's own check sum.",
		Source: "Inland Revenue, Resident withholding tax and non-resident withholding tax specification, bank account number validation",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}[ -]\d{3,4}[ -]\d{7}[ -]\d{2,3}`, Check: newZealandBankAccount, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `\d{15,16}`, Check: newZealandBankAccount, Near: dlp.High},
		},
		Keywords: []string{
			"account", "account number", "bank account", "bank acct", "bank acct number", "bank", "direct credit", "anz", "asb", "bnz", "westpac", "kiwibank",
		},
		Positives: []string{
			"01-902-0068389-00", "Account 01-0902-0068389-00",
		},
		Negatives: []string{
			"01-902-0068388-00", "99-0902-0068389-00",
		},
	}
}

// newZealandBankAccount checks a number by the algorithm of its bank (the first two digits) and branch.
func newZealandBankAccount(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	if len(m) > len(d) && m[6] != d[5]+'0' && (m[6] == '-' || m[6] == ' ') { // a branch of three digits
		d = append(append(append([]byte{}, d[:2]...), 0), d[2:]...)
	}
	if len(d) < 15 || len(d) > 16 {
		return false
	}
	bank, branch, base := checksum.Number(d[:2]), checksum.Number(d[2:6]), checksum.Number(d[6:13])
	n := append(append([]byte{}, d[:6]...), 0) // the account base counts as eight digits
	n = append(n, d[6:13]...)
	sum := func(weights ...int) int { return checksum.Sum(n, weights...) }
	switch bank {
	case 1, 2, 3, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 27, 30, 35, 38:
		if base < 990_000 {
			return branch > 0 && sum(0, 0, 6, 3, 7, 9, 0, 0, 10, 5, 8, 4, 2, 1)%11 == 0
		}
		return branch > 0 && sum(0, 0, 0, 0, 0, 0, 0, 0, 10, 5, 8, 4, 2, 1)%11 == 0
	case 8:
		return branch > 0 && sum(0, 0, 0, 0, 0, 0, 0, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	}
	return false
}
