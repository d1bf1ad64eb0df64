package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func saudiArabiaNationalId() dlp.Type {
	return dlp.Type{
		ID: "saudi-arabia-national-id", Name: "Saudi Arabia National ID", GUID: "8c5a0ba8-404a-41a3-8871-746aa21ee6c0",
		Group: dlp.Identity, Countries: []string{"sa"},
		About:  "Ten digits that begin with 1 or 2, with Luhn check digit, near a keyword.",
		Source: "National Information Center, Absher",
		Patterns: []dlp.Pattern{
			{Expr: `[12]\d{9}`, Check: luhn, Near: dlp.High},
		},
		Keywords: []string{
			"identification card", "national id", "saudi id", "iqama", "id number", "رقم الهوية", "الهوية الوطنية", "بطاقة الهوية الوطنية", "رقم الإقامة",
			"إقامة", "هوية", "بطاقة الأحوال",
		},
		Positives: []string{
			"رقم الهوية 1101798278",
		},
		Negatives: []string{
			"1101798278", "رقم الهوية 1101798279",
		},
	}
}
