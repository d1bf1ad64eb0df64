package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func japanMyNumberCorporate() dlp.Type {
	return dlp.Type{
		ID: "japan-my-number-corporate", Name: "Japan My Number - Corporate", GUID: "9e0eaf79-ff20-4ffb-b3e4-e7368d5db6ff",
		Group: dlp.Tax, Countries: []string{"jp"},
		About:  "13 digits; the first is the check digit modulo 9.",
		Source: "財務省令 (法人番号)",
		Patterns: []dlp.Pattern{
			{Expr: `[1-9][ -]?\d{4}[ -]?\d{4}[ -]?\d{4}`, Check: japanMyNumberCorporateCheck, Near: dlp.High},
		},
		Keywords: []string{
			"法人番号", "マイナンバー", "共通番号", "国税庁", "会社番号", "corporate number", "法人",
		},
		Positives: []string{
			"法人番号 5-8356-7825-6246",
		},
		Negatives: []string{
			"5-8356-7825-6246", "法人番号 6-8356-7825-6246",
		},
	}
}

func japanMyNumberCorporateCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && 9-checksum.Sum(d[1:], 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)%9 == int(d[0])
}
