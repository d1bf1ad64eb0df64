package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func spainSocialSecurityNumber() dlp.Type {
	return dlp.Type{
		ID: "spain-social-security-number", Name: "Spain SSN", GUID: "5df987c0-8eae-4bce-ace7-b316347f3070",
		Group: dlp.Social, Countries: []string{"es"},
		About:  "Twelve digits: province, number, remainder by 97.",
		Source: "Tesorería General de la Seguridad Social",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}[ /-]?\d{8}[ /-]?\d{2}`, Check: spainSocialSecurityNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"seguridad social", "número de la seguridad social", "nss", "número de afiliación", "naf", "afiliación", "ssn", "social security",
			"tarjeta sanitaria",
		},
		Positives: []string{
			"número de la seguridad social 28/12345678/40",
		},
		Negatives: []string{
			"28/12345678/40", "seguridad social 28/12345678/41",
		},
	}
}

func spainSocialSecurityNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 12 && !checksum.Same(d) && checksum.Number(d[:2]) >= 1 && checksum.Number(d[:2]) <= 66 && spainSsn(d)
}

func spainSsn(d []byte) bool {
	n := checksum.Number(d[:10])
	if d[2] == 0 { // a number of less than eight digits is joined to the province without its zero
		n = checksum.Number(d[:2])*10000000 + checksum.Number(d[3:10])
	}
	return n%97 == checksum.Number(d[10:])
}
