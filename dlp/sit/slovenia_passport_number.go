package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func sloveniaPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "slovenia-passport-number", Name: "Slovenia Passport Number", GUID: "235b7976-7bbe-4df5-bb40-08678e749d1a",
		Group: dlp.Passport, Countries: []string{"si"},
		About:  "The shape of a passport number of Slovenia near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: SI",
		Patterns: []dlp.Pattern{
			{Expr: `P[A-Z]\d{7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"potni list", "številka potnega lista", "potnega lista", "številka potni list", "slovenia passport", "passport of slovenia", "passport si",
			"si passport",
		},
		Proximity: 100,
		Positives: []string{
			"potni list PB1234567", "passport of slovenia: PB1234567",
		},
		Negatives: []string{
			"PB1234567", "invoice PB1234567",
		},
	}
}
