package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func franceSirenSiret() dlp.Type {
	return dlp.Type{
		ID: "france-siren-siret", Name: "France Company Number (SIREN, SIRET)",
		Group: dlp.Tax, Countries: []string{"fr"},
		About:  "9 or 14 digits with Luhn check digits.",
		Source: "INSEE, SIRENE",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3} ?\d{3} ?\d{3}(?: ?\d{5})?`, Check: franceSirenSiretCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"siren", "siret", "numéro siren", "numéro siret", "rcs", "sirene",
		},
		Positives: []string{
			"SIREN 552 008 443",
		},
		Negatives: []string{
			"552 008 443", "SIREN 552 008 444",
		},
	}
}

func franceSirenSiretCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 9 || len(d) == 14) && !checksum.Same(d) && checksum.Luhn(d) && checksum.Luhn(d[:9])
}
