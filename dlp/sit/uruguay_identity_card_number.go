package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func uruguayIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "uruguay-identity-card-number", Name: "Uruguay Identity Card Number",
		Group: dlp.Identity, Countries: []string{"uy"},
		About:  "Seven digits and a check digit (weights 2, 9, 8, 7, 6, 3, 4).",
		Source: "DNIC Uruguay",
		Patterns: []dlp.Pattern{
			{Expr: `\d\.?\d{3}\.?\d{3}-?\d`, Check: uruguayIdentityCardNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"cédula", "cedula", "cédula de identidad", "ci", "documento", "identificación",
		},
		Positives: []string{
			"cédula 1.234.567-2",
		},
		Negatives: []string{
			"1.234.567-2", "cédula 1.234.567-3",
		},
	}
}

func uruguayIdentityCardNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 8 && !checksum.Same(d) && (10-checksum.Sum(d, 2, 9, 8, 7, 6, 3, 4)%10)%10 == int(d[7])
}
