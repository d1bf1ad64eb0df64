package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func japanBankAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "japan-bank-account-number", Name: "Japan bank account number", GUID: "d354f95b-96ee-4b80-80bc-4377312b55bc",
		Group: dlp.Financial, Countries: []string{"jp"},
		About:  "Seven or eight digits, with a branch code of three or none, near words for a bank account.",
		Source: "Japanese Bankers Association",
		Patterns: []dlp.Pattern{
			{Expr: `(?:\d{3}[ -]?)?\d{7,8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"口座番号", "普通預金", "当座預金", "銀行口座", "口座", "支店番号", "支店コード", "店番", "bank account", "checking account", "account number", "savings account", "bank acct",
			"金融機関コード",
		},
		Proximity: 60,
		Positives: []string{
			`口座番号 1234567`,
			`普通預金 123-1234567`,
		},
		Negatives: []string{
			`1234567`,
		},
	}
}
