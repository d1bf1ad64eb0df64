package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func greeceSocialSecurityNumber() dlp.Type {
	return dlp.Type{
		ID: "greece-social-security-number", Name: "Greece Social Security Number (AMKA)", GUID: "e39b03f4-50ea-41ae-af7a-a4b9539596ad",
		Group: dlp.Social, Countries: []string{"gr"},
		About:  "Eleven digits: date of birth, serial number, Luhn check digit.",
		Source: "ΑΜΚΑ, law 3655/2008",
		Patterns: []dlp.Pattern{
			{Expr: `\d{11}`, Check: greeceSocialSecurityNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"αμκα", "α.μ.κ.α", "αριθμού μητρώου κοινωνικής ασφάλισης", "κοινωνικής ασφάλισης", "amka", "social security", "ssn",
		},
		Positives: []string{
			"ΑΜΚΑ 01013099997",
		},
		Negatives: []string{
			"01013099997", "ΑΜΚΑ 01013099998",
		},
	}
}

func greeceSocialSecurityNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && checksum.Luhn(d) && checksum.Date(2000+checksum.Number(d[4:6]), checksum.Number(d[2:4]), checksum.Number(d[:2]))
}
