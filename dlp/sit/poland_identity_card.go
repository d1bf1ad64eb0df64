package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func polandIdentityCard() dlp.Type {
	return dlp.Type{
		ID: "poland-identity-card", Name: "Poland Identity Card", GUID: "25e64989-ed5d-40ca-a939-6c14183bb7bf",
		Group: dlp.Identity, Countries: []string{"pl"},
		About:  "Three letters, a check digit and five digits (weights 7, 3, 1).",
		Source: "Ustawa o dowodach osobistych",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{3} ?\d{6}`, Check: polandIdentityCardCheck, Near: dlp.High},
		},
		Keywords: []string{
			"dowód osobisty", "dowod osobisty", "numer dowodu", "nr dowodu", "dowodu osobistego", "seria i numer", "dowód tożsamości", "identity card",
			"polish id card",
		},
		Positives: []string{
			"dowód osobisty ABA300000",
		},
		Negatives: []string{
			"ABA300000", "dowód osobisty ABA400000",
		},
	}
}

func polandIdentityCardCheck(m []byte) bool {
	var b [48]byte
	v := checksum.Alnum(b[:0], m)
	return len(v) == 9 && (checksum.Sum(v, 7, 3, 1, 0, 7, 3, 1, 7, 3)%10 == int(v[3]))
}
