package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func bulgariaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "bulgaria-drivers-license-number", Name: "Bulgaria Driver's License Number", GUID: "66d39258-94c2-43b2-804b-aa312258e54b",
		Group: dlp.Driving, Countries: []string{"bg"},
		About:  "The shape of a driving licence number of Bulgaria near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: BG",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"шофьорска книжка", "свидетелство за управление", "свидетелство за управление на мпс", "книжка", "bulgaria driving licence",
			"bulgaria driver's license", "driving licence of bulgaria", "driving licence bg",
		},
		Proximity: 100,
		Positives: []string{
			"шофьорска книжка 123456780",
		},
		Negatives: []string{
			"123456780", "invoice 123456780",
		},
	}
}
