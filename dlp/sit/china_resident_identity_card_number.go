package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func chinaResidentIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "china-resident-identity-card-number", Name: "China Resident Identity Card (PRC) Number", GUID: "c92daa86-2d16-4871-901f-816b3f554fc1",
		Group: dlp.Identity, Countries: []string{"cn"},
		About:  "18 characters: region, date of birth, serial number, check character by ISO 7064 MOD 11-2.",
		Source: "GB 11643-1999",
		Patterns: []dlp.Pattern{
			{Expr: `[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]`, Check: chinaResidentCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"身份证", "居民身份证", "身份证号", "身份证号码", "身份证件", "公民身份号码", "身份鑑別", "身分證", "居民身份", "鑒定", "resident identity card", "prc", "national identification card",
			"identity card", "id card", "shenfenzheng",
		},
		Positives: []string{
			"身份证号码：11010519491231002X", "360426199101010071",
		},
		Negatives: []string{
			"11010519491231002Y", "110105194912310020",
		},
	}
}

func chinaResidentCheck(m []byte) bool {
	var b [32]byte
	v := checksum.Alnum(b[:0], m)
	if v[17] > 9 {
		v[17] = 10
	}
	return checksum.Mod11x2(v) && checksum.Date(checksum.Number(v[6:10]), checksum.Number(v[10:12]), checksum.Number(v[12:14]))
}
