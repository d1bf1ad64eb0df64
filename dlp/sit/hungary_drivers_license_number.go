package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func hungaryDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "hungary-drivers-license-number", Name: "Hungary Driver's License Number", GUID: "9d31c46b-6e6b-444c-aeb1-6dd7e604bb24",
		Group: dlp.Driving, Countries: []string{"hu"},
		About:  "The shape of a driving licence number of Hungary near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: HU",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"vezetői engedély", "jogosítvány", "vezetői engedély száma", "hungary driving licence", "hungary driver's license", "driving licence of hungary",
			"driving licence hu",
		},
		Proximity: 100,
		Positives: []string{
			"vezetői engedély AB123456",
		},
		Negatives: []string{
			"AB123456", "invoice AB123456",
		},
	}
}
