package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func indiaUniqueIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "india-unique-identification-number", Name: "India Unique Identification (Aadhaar) Number", GUID: "1ca46b29-76f5-4f46-9383-cfa15e91048f",
		Group: dlp.Identity, Countries: []string{"in"},
		About:  "Twelve digits that begin with 2 to 9, Verhoeff check digit.",
		Source: "UIDAI",
		Patterns: []dlp.Pattern{
			{Expr: `[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}`, Check: indiaUniqueIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"aadhaar", "aadhar", "adhaar", "uid", "uidai", "unique identification", "आधार", "आधार संख्या", "ஆதார்", "ఆధార్", "আধার", "vid", "enrolment",
		},
		Positives: []string{
			"Aadhaar 2341 2341 2346",
		},
		Negatives: []string{
			"2341 2341 2346", "Aadhaar 2341 2341 2347",
		},
	}
}

func indiaUniqueIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 12 && !checksum.Same(d) && checksum.Verhoeff(d)
}
