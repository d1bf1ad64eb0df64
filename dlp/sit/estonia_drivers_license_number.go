package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func estoniaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "estonia-drivers-license-number", Name: "Estonia Driver's License Number", GUID: "51da8171-da70-4cc1-9d65-055a59ca4f83",
		Group: dlp.Driving, Countries: []string{"ee"},
		About:  "The shape of a driving licence number of Estonia near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: EE",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"juhiluba", "juhiloa number", "juhtimisõigus", "juhiloa", "estonia driving licence", "estonia driver's license", "driving licence of estonia",
			"driving licence ee",
		},
		Proximity: 100,
		Positives: []string{
			"juhiluba ET123456",
		},
		Negatives: []string{
			"ET123456", "invoice ET123456",
		},
	}
}
