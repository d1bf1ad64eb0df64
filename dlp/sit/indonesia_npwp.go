package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func indonesiaNpwp() dlp.Type {
	return dlp.Type{
		ID: "indonesia-npwp", Name: "Indonesia Taxpayer Number (NPWP)",
		Group: dlp.Tax, Countries: []string{"id"},
		About:  "15 digits with Luhn check digit at place nine.",
		Source: "Direktorat Jenderal Pajak",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}\.?\d{3}\.?\d{3}\.?\d-?\d{3}\.?\d{3}`, Check: indonesiaNpwpCheck, Near: dlp.High},
		},
		Keywords: []string{
			"npwp", "nomor pokok wajib pajak", "wajib pajak", "pajak", "taxpayer",
		},
		Positives: []string{
			"NPWP 01.312.166.0-091.000",
		},
		Negatives: []string{
			"01.312.166.0-091.000", "NPWP 01.312.166.1-091.000",
		},
	}
}

func indonesiaNpwpCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 15 && !checksum.Same(d) && checksum.Luhn(d[:9])
}
