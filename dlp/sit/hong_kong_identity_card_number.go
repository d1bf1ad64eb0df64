package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func hongKongIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "hong-kong-identity-card-number", Name: "Hong Kong Identity Card (HKID) Number", GUID: "e63c28a7-ad29-4c17-a41a-3d2a0b70fd9c",
		Group: dlp.Identity, Countries: []string{"hk"},
		About:  "One or two letters, six digits and a check character modulo 11.",
		Source: "Hong Kong Immigration Department",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{1,2}\d{6}(?:\([0-9A]\)|[0-9A])`, Check: hongKongCheck, Near: dlp.High},
			{Expr: `[A-Z]{1,2}\d{6}\([0-9A]\)`, Check: hongKongCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"hkid", "hkid card", "hong kong identity", "hong kong identity card", "hong kong permanent resident", "identity card", "香港身份證", "香港永久性居民身份證",
			"身份證", "身份證號碼", "身份证", "香港",
		},
		Positives: []string{
			"HKID G123456(A)", "身份證號碼 A555555(0)",
		},
		Negatives: []string{
			"HKID G123456(B)", "G123456A",
		},
	}
}

func hongKongCheck(m []byte) bool {
	var b [32]byte
	v := checksum.Alnum(b[:0], m)
	if len(v) == 8 { // a space stands in front of a single letter
		v = append([]byte{36}, v...)
	}
	return checksum.Sum(v, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}
