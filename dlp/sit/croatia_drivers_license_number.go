package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func croatiaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "croatia-drivers-license-number", Name: "Croatia Driver's License Number", GUID: "005b3ef1-47dd-4e68-bb02-c6db484d00f2",
		Group: dlp.Driving, Countries: []string{"hr"},
		About:  "The shape of a driving licence number of Croatia near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: HR",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"vozačka dozvola", "vozačke dozvole", "broj vozačke", "croatia driving licence", "croatia driver's license", "driving licence of croatia",
			"driving licence hr",
		},
		Proximity: 100,
		Positives: []string{
			"vozačka dozvola 12345679",
		},
		Negatives: []string{
			"12345679", "invoice 12345679",
		},
	}
}
