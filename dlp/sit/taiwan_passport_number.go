package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func taiwanPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "taiwan-passport-number", Name: "Taiwan Passport Number", GUID: "e7251cb4-4c2c-41df-963e-924eb3dae04a",
		Group: dlp.Passport, Countries: []string{"tw"},
		About: "Nine digits near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `[23]\d{8}|[23]\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"護照", "護照號碼", "護照編號", "中華民國護照", "passport", "passport number", "roc passport", "taiwan passport",
		},
		Proximity: 100,
		Positives: []string{
			"護照號碼 312345678",
		},
		Negatives: []string{
			"312345678",
		},
	}
}
