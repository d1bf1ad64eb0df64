package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func slovakiaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "slovakia-passport-number", Name: "Slovakia Passport Number", GUID: "238e1f08-d80e-4793-af33-9b57918335b7",
		Group: dlp.Passport, Countries: []string{"sk"},
		About:  "The shape of a passport number of Slovakia near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: SK",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{0,2}\d{7,8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"cestovný pas", "číslo pasu", "pas č", "cestovného pasu", "slovakia passport", "passport of slovakia", "passport sk", "sk passport",
		},
		Proximity: 100,
		Positives: []string{
			"cestovný pas BA1234567", "passport of slovakia: BA1234567",
		},
		Negatives: []string{
			"BA1234567", "invoice BA1234567",
		},
	}
}
