package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func russiaInn() dlp.Type {
	return dlp.Type{
		ID: "russia-inn", Name: "Russian Taxpayer Number (INN)",
		Group: dlp.Tax, Countries: []string{"ru"},
		About:  "10 or 12 digits with check digits modulo 11.",
		Source: "Приказ ФНС ММВ-7-6/435",
		Patterns: []dlp.Pattern{
			{Expr: `\d{10}|\d{12}`, Check: russiaInnCheck, Near: dlp.High},
		},
		Keywords: []string{
			"инн", "идентификационный номер налогоплательщика", "inn", "налогоплательщик", "taxpayer",
		},
		Positives: []string{
			"ИНН 123456789047", "ИНН 7707083893",
		},
		Negatives: []string{
			"7707083893", "ИНН 7707083894",
		},
	}
}

func russiaInnCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	if checksum.Same(d) {
		return false
	}
	if len(d) == 10 {
		return checksum.Sum(d, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(d[9])
	}
	return checksum.Sum(d, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(d[10]) && checksum.Sum(d, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(d[11])
}
