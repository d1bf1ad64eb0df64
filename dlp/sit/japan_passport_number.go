package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func japanPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "japan-passport-number", Name: "Japan Passport Number", GUID: "75177310-1a09-4613-bf6d-833aae3743f8",
		Group: dlp.Passport, Countries: []string{"jp"},
		About: "Two letters and seven digits near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{7}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"パスポート", "パスポート番号", "旅券", "旅券番号", "passport", "passport number", "japanese passport",
		},
		Proximity: 100,
		Positives: []string{
			"旅券番号 TK1234567",
		},
		Negatives: []string{
			"TK1234567",
		},
	}
}
