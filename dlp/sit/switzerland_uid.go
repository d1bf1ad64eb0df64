package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func switzerlandUid() dlp.Type {
	return dlp.Type{
		ID: "switzerland-uid", Name: "Switzerland Business Identification Number (UID)",
		Group: dlp.Tax, Countries: []string{"ch"},
		About:  "CHE and nine digits with check digit (weights 5, 4, 3, 2, 7, 6, 5, 4 modulo 11).",
		Source: "BFS, Unternehmens-Identifikationsnummer",
		Patterns: []dlp.Pattern{
			{Expr: `CHE-?\d{3}\.?\d{3}\.?\d{3}`, Check: switzerlandUidCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"uid", "mwst", "tva", "iva", "ide", "idi", "handelsregister",
		},
		Positives: []string{
			"CHE-100.155.212",
		},
		Negatives: []string{
			"CHE-100.155.213",
		},
	}
}

func switzerlandUidCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && (11-checksum.Sum(d, 5, 4, 3, 2, 7, 6, 5, 4)%11)%11 == int(d[8])
}
