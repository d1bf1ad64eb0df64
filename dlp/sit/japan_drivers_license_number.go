package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func japanDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "japan-drivers-license-number", Name: "Japan Driver's License Number", GUID: "c6011143-d087-451c-8313-7f6d4aed2270",
		Group: dlp.Driving, Countries: []string{"jp"},
		About: "Twelve digits near words for a driving licence.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{12}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"運転免許証", "運転免許", "免許証", "免許", "免許証番号", "公安委員会", "運転免許証番号", "driver license", "driving licence", "driver's license",
		},
		Proximity: 100,
		Positives: []string{
			"運転免許証番号 301234567890",
		},
		Negatives: []string{
			"301234567890",
		},
	}
}
