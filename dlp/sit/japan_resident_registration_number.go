package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func japanResidentRegistrationNumber() dlp.Type {
	return dlp.Type{
		ID: "japan-resident-registration-number", Name: "Japan resident registration number", GUID: "01c1209b-6389-4faf-a5f8-3f7e13899652",
		Group: dlp.Identity, Countries: []string{"jp"},
		About:  "Eleven digits near words for the resident record code; its check digit raises the confidence.",
		Source: "住民基本台帳法施行規則, resident record code",
		Patterns: []dlp.Pattern{
			{Expr: `\d{11}|\d{5}[ -]\d{6}`, Check: japanResidentRegistrationCheck, Near: dlp.High},
			{Expr: `\d{11}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"住民票コード", "住民登録番号", "住民基本台帳", "住民票", "住基", "resident registration number", "resident register number", "residents basic registry number",
			"resident registration no",
		},
		Positives: []string{
			`住民票コード 12345678906`,
		},
		Negatives: []string{
			`12345678906`,
		},
	}
}

func japanResidentRegistrationCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	if len(d) != 11 || checksum.Same(d) {
		return false
	}
	r := checksum.Sum(d[:10], 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	return r <= 1 && d[10] == 0 || r > 1 && int(d[10]) == 11-r
}
