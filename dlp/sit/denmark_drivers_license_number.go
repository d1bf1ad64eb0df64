package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func denmarkDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "denmark-drivers-license-number", Name: "Denmark Driver's License Number", GUID: "98a95812-6203-451a-a220-d39870ebef0e",
		Group: dlp.Driving, Countries: []string{"dk"},
		About:  "The shape of a driving licence number of Denmark near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: DK",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"kørekort", "kørekortnummer", "kørekortnr", "denmark driving licence", "denmark driver's license", "driving licence of denmark",
			"driving licence dk",
		},
		Proximity: 100,
		Positives: []string{
			"kørekort 12345679",
		},
		Negatives: []string{
			"12345679", "invoice 12345679",
		},
	}
}
