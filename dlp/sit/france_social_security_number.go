package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func franceSocialSecurityNumber() dlp.Type {
	return dlp.Type{
		ID: "france-social-security-number", Name: "France Social Security Number (INSEE)", GUID: "71f62b97-efe0-4aa1-aa49-e14de253619d",
		Group: dlp.Social, Countries: []string{"fr"},
		About:  "15 characters: sex, year and month of birth, place, serial number, 97 minus the remainder by 97.",
		Source: "INSEE, numéro d'inscription au répertoire",
		Patterns: []dlp.Pattern{
			{Expr: `[12378] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}`, Check: franceInseeCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"insee", "sécurité sociale", "securité sociale", "numéro de sécurité sociale", "no de sécurité sociale", "nir", "numéro de sécu", "code sécu",
			"carte vitale", "assurance maladie", "assuré", "social security", "ssn", "numéro insee",
		},
		Positives: []string{
			"INSEE 2 95 10 99 126 111 93", "295109912611193",
		},
		Negatives: []string{
			"2 95 10 99 126 111 94",
		},
	}
}

// franceInseeCheck counts the departments of Corsica, 2A and 2B, as 19 and 18.
func franceInseeCheck(m []byte) bool {
	var b [32]byte
	v := checksum.Alnum(b[:0], m)
	if len(v) != 15 {
		return false
	}
	switch v[6] {
	case 10:
		v[5], v[6] = 1, 9
	case 11:
		v[5], v[6] = 1, 8
	}
	return 97-checksum.Number(v[:13])%97 == checksum.Number(v[13:])
}
