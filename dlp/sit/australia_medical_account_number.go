package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func australiaMedicalAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "australia-medical-account-number", Name: "Australia Medical Account Number", GUID: "104a99a0-3d3b-4542-a40d-ab0b9e1efe63",
		Group: dlp.Health, Countries: []string{"au"},
		About:  "10 or 11 digits that begin with 2 to 6, check digit at place nine.",
		Source: "Services Australia, Medicare card number",
		Patterns: []dlp.Pattern{
			{Expr: `[2-6]\d{3}[ -]?\d{5}[ -]?\d(?:[ /-]?\d)?`, Check: australiaMedicalAccountNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"medicare", "medicare number", "medicare card", "medicare no", "bank account details", "medicare payments", "mortgage account", "bank payments",
			"information branch", "local service", "irn", "reference number on card", "health insurance",
		},
		Positives: []string{
			"Medicare 2123 45670 1",
		},
		Negatives: []string{
			"2123 45670 1", "Medicare 2123 45671 1",
		},
	}
}

func australiaMedicalAccountNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 10 || len(d) == 11) && !checksum.Same(d) && checksum.Sum(d, 1, 3, 7, 9, 1, 3, 7, 9)%10 == int(d[8]) && d[9] > 0
}
