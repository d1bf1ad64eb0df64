package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func polandTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "poland-tax-identification-number", Name: "Poland Tax Identification Number (NIP)", GUID: "1ff28b4d-40f2-49e9-b677-9606a88e2bca",
		Group: dlp.Tax, Countries: []string{"pl"},
		About:  "Ten digits with check digit (weights 6, 5, 7, 2, 3, 4, 5, 6, 7 modulo 11).",
		Source: "Ustawa o zasadach ewidencji i identyfikacji podatników",
		Patterns: []dlp.Pattern{
			{Expr: `(?:PL ?)?\d{3}-?\d{3}-?\d{2}-?\d{2}|\d{3}-\d{2}-\d{2}-\d{3}`, Check: polandTaxIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"nip", "numer nip", "nip#", "numer identyfikacji podatkowej", "identyfikacji podatkowej", "numer podatnika", "vat", "tax id", "tin",
		},
		Positives: []string{
			"NIP 856-734-62-15",
		},
		Negatives: []string{
			"856-734-62-15", "NIP 856-734-62-16",
		},
	}
}

func polandTaxIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && checksum.Sum(d, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(d[9])
}
