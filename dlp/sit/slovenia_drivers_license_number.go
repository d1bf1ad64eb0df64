package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func sloveniaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "slovenia-drivers-license-number", Name: "Slovenia Driver's License Number", GUID: "d5bc089a-f2ee-433d-a6b1-5c253051d6f2",
		Group: dlp.Driving, Countries: []string{"si"},
		About:  "The shape of a driving licence number of Slovenia near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: SI",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"vozniško dovoljenje", "vozniškega dovoljenja", "vozniška številka", "slovenia driving licence", "slovenia driver's license",
			"driving licence of slovenia", "driving licence si",
		},
		Proximity: 100,
		Positives: []string{
			"vozniško dovoljenje 123456780",
		},
		Negatives: []string{
			"123456780", "invoice 123456780",
		},
	}
}
