package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func ecuadorIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "ecuador-identity-card-number", Name: "Ecuador Identity Card Number",
		Group: dlp.Identity, Countries: []string{"ec"},
		About:  "Ten digits: province, serial number, Luhn check digit.",
		Source: "Registro Civil del Ecuador",
		Patterns: []dlp.Pattern{
			{Expr: `(?:0[1-9]|1\d|2[0-4]|30)[0-6]\d{6}-?\d`, Check: ecuadorIdentityCardNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"cédula", "cedula", "cédula de identidad", "cédula de ciudadanía", "ci", "registro civil", "identificación",
		},
		Positives: []string{
			"cédula 171430710-3",
		},
		Negatives: []string{
			"171430710-3", "cédula 171430710-4",
		},
	}
}

func ecuadorIdentityCardNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && checksum.Luhn(d)
}
