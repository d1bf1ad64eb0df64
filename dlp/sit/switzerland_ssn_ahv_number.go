package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func switzerlandSsnAhvNumber() dlp.Type {
	return dlp.Type{
		ID: "switzerland-ssn-ahv-number", Name: "Swiss Social Security Number AHV", GUID: "277cfa4b-6eaa-4a1b-9492-099dec849971",
		Group: dlp.Social, Countries: []string{"ch"},
		About:  "13 digits that begin with 756, EAN-13 check digit.",
		Source: "ZAS, AHV-Nummer",
		Patterns: []dlp.Pattern{
			{Expr: `756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}`, Check: switzerlandSsnAhvNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"ahv", "ahv-nummer", "ahv-nr", "ahvn13", "avs", "numéro avs", "navs", "numero avs", "sozialversicherungsnummer", "versichertennummer",
			"numéro d'assuré", "ssn", "pid", "personal insurance number",
		},
		Positives: []string{
			"AHV 756.9217.0769.85", "7569217076985",
		},
		Negatives: []string{
			"756.9217.0769.84",
		},
	}
}

func switzerlandSsnAhvNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && (10-checksum.Sum(d, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10)%10 == int(d[12])
}
