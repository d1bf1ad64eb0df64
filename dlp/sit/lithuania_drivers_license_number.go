package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func lithuaniaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "lithuania-drivers-license-number", Name: "Lithuania Driver's License Number", GUID: "86f7628b-e0f4-4dc3-9fbc-e4300e4c7d78",
		Group: dlp.Driving, Countries: []string{"lt"},
		About:  "The shape of a driving licence number of Lithuania near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: LT",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"vairuotojo pažymėjimas", "vairuotojo pažymėjimo", "vairuotojo pazymejimas", "lithuania driving licence", "lithuania driver's license",
			"driving licence of lithuania", "driving licence lt",
		},
		Proximity: 100,
		Positives: []string{
			"vairuotojo pažymėjimas 12345679",
		},
		Negatives: []string{
			"12345679", "invoice 12345679",
		},
	}
}
