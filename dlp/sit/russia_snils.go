package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func russiaSnils() dlp.Type {
	return dlp.Type{
		ID: "russia-snils", Name: "Russian Insurance Number (SNILS)",
		Group: dlp.Social, Countries: []string{"ru"},
		About:  "Eleven digits; the last two are a weighted sum modulo 101.",
		Source: "Постановление Правления ПФР 192п",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}-?\d{3}-?\d{3}[ -]?\d{2}`, Check: russiaSnilsCheck, Near: dlp.High},
		},
		Keywords: []string{
			"снилс", "страховой номер", "страховое свидетельство", "snils", "пенсионный фонд", "лицевого счета",
		},
		Positives: []string{
			"СНИЛС 112-233-445 95",
		},
		Negatives: []string{
			"112-233-445 95", "СНИЛС 112-233-445 96",
		},
	}
}

func russiaSnilsCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && !checksum.Same(d) && checksum.Sum(d, 9, 8, 7, 6, 5, 4, 3, 2, 1)%101%100 == checksum.Number(d[9:])
}
