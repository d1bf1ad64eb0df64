package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func singaporeNationalRegistrationIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "singapore-national-registration-identity-card-number", Name: "Singapore National Registration Identity Card (NRIC) Number", GUID: "cead390a-dd83-4856-9751-fb6dc98c34da",
		Group: dlp.Identity, Countries: []string{"sg"},
		About:  "A letter, seven digits and a check letter modulo 11.",
		Source: "Immigration & Checkpoints Authority",
		Patterns: []dlp.Pattern{
			{Expr: `[STFGM]\d{7}[A-Z]`, Check: singaporeNric, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"nric", "fin", "identity card", "identification card", "national registration identity card", "national registration",
			"foreign identification number", "ic number", "ic no", "kad pengenalan", "身份证", "新加坡身份证", "singapore id",
		},
		Positives: []string{
			"NRIC S1234567D", "FIN G1234567X", "M1234567K",
		},
		Negatives: []string{
			"S1234567E", "NRIC T1234567D",
		},
	}
}

func singaporeNric(m []byte) bool {
	sum := 0
	for i, w := range [7]int{2, 7, 6, 5, 4, 3, 2} {
		sum += int(m[1+i]-'0') * w
	}
	letters := "JZIHGFEDCBA"
	switch m[0] {
	case 'T':
		sum += 4
	case 'F':
		letters = "XWUTRQPNMLK"
	case 'G':
		sum, letters = sum+4, "XWUTRQPNMLK"
	case 'M':
		sum, letters = sum+3, "XWUTRQPNJLK"
	}
	return letters[sum%11] == m[8]
}
