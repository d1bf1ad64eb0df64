package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func usSocialSecurityNumber() dlp.Type {
	return dlp.Type{
		ID: "us-social-security-number", Name: "U.S. Social Security Number (SSN)", GUID: "a44669fe-0d48-453d-a9b1-2cc83f2cba77",
		Group: dlp.Social, Countries: []string{"us"},
		About:  "Nine digits, in groups or together; area, group and serial numbers that are never issued are refused.",
		Source: "Social Security Administration, SSN randomization (2011)",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}-\d{2}-\d{4}`, Check: usSocialSecurityNumberCheck, Alone: dlp.Low, Near: dlp.High},
			{Expr: `\d{3} \d{2} \d{4}|\d{9}`, Check: usSocialSecurityNumberCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"ssn", "ssn#", "ssns", "ss#", "ssid", "social security", "social security number", "social security no", "social security #", "socialsecurity",
			"soc sec", "taxpayer id", "ssa number", "ss number", "número de seguro social", "seguro social",
		},
		Positives: []string{
			"SSN 536-90-4399", "social security number: 536904399", "219-09-9998 is formatted", "ssn 536 90 4399",
		},
		Negatives: []string{
			"SSN 000-12-3456", "SSN 666-12-3456", "SSN 900-12-3456", "ssn 536-00-4399", "ssn 536-90-0000", "536904399", "078-05-1120",
		},
	}
}

func usSocialSecurityNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	if len(d) != 9 || checksum.Same(d) {
		return false
	}
	area, n := checksum.Number(d[:3]), checksum.Number(d)
	// 078-05-1120 was printed in wallets, 123-45-6789 in examples.
	return area != 0 && area != 666 && area < 900 && d[3]+d[4] != 0 && n%10000 != 0 && n != 78051120 && n != 123456789
}
