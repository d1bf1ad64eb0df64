package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func taiwanNationalIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "taiwan-national-identification-number", Name: "Taiwanese National ID", GUID: "4c7bfc34-8dd1-421d-8fb7-6c6182c2af03",
		Group: dlp.Identity, Countries: []string{"tw"},
		About:  "A letter, 1 or 2, seven digits and a check digit.",
		Source: "戶籍法施行細則",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z][12]\d{8}`, Check: taiwanCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"身份證字號", "身分證", "身份證", "身分證字號", "國民身分證", "身分證統一編號", "中華民國國民身分證", "簽名", "印章", "national id", "identification number", "taiwan id", "統一編號",
		},
		Positives: []string{
			"身分證字號 A200501505",
		},
		Negatives: []string{
			"A200501506",
		},
	}
}

// taiwanCheck checks an id whose first letter, and second for older residents, stands for the number of a place.
func taiwanCheck(m []byte) bool {
	places := [26]int{10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33}
	p := places[m[0]-'A']
	sum := p/10 + p%10*9
	for i, c := range m[1:] {
		v := int(c - '0')
		if c >= 'A' {
			v = places[c-'A'] % 10
		}
		sum += v * [9]int{8, 7, 6, 5, 4, 3, 2, 1, 1}[i]
	}
	return sum%10 == 0
}
