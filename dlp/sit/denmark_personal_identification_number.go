package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func denmarkPersonalIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "denmark-personal-identification-number", Name: "Denmark Personal Identification Number", GUID: "6c4f2fef-56e1-4c00-8093-88d7a01cf460",
		Group: dlp.Identity, Countries: []string{"dk"},
		About:  "Ten digits: date of birth and serial number. The check digit is no longer given to everybody and not asked for.",
		Source: "CPR-kontoret, Personnummeret i CPR",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}[- ]?\d{4}`, Check: denmarkPersonalIdentificationNumberCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"cpr", "cpr-nummer", "cpr nr", "cprnr", "personnummer", "personnr", "personal identification", "sygesikring", "sundhedskort", "cpr number",
			"skattenummer", "danish id",
		},
		Positives: []string{
			"CPR-nummer: 010180-1234",
		},
		Negatives: []string{
			"010180-1234", "CPR 320180-1234",
		},
	}
}

func denmarkPersonalIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && checksum.Date(2000+checksum.Number(d[4:6]), checksum.Number(d[2:4]), checksum.Number(d[:2]))
}
