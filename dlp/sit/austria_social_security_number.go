package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func austriaSocialSecurityNumber() dlp.Type {
	return dlp.Type{
		ID: "austria-social-security-number", Name: "Austria Social Security Number", GUID: "6896a906-86c9-4d19-a2da-6e43ccd19b7b",
		Group: dlp.Social, Countries: []string{"at"},
		About:  "Ten digits: serial number, check digit (weights 3, 7, 9, 5, 8, 4, 2, 1, 6 modulo 11), date of birth.",
		Source: "Dachverband der Sozialversicherungsträger",
		Patterns: []dlp.Pattern{
			{Expr: `\d{4} ?\d{6}`, Check: austriaSocialSecurityNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"sozialversicherungsnummer", "sozialversicherungsnr", "versicherungsnummer", "svnr", "sv-nummer", "sv-nr", "svnummer", "e-card", "ssn",
			"social security", "social security number", "insurance number", "insurance code", "österreichische sozialversicherung",
		},
		Positives: []string{
			"SVNR 1237 010180",
		},
		Negatives: []string{
			"1237 010180", "SVNR 1238 010180",
		},
	}
}

func austriaSocialSecurityNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && int(d[4])*10+int(d[5]) >= 1 && d[4] <= 3 && d[6] <= 1 && checksum.Sum(d, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == int(d[3])
}
