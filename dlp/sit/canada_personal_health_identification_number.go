package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func canadaPersonalHealthIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "canada-personal-health-identification-number", Name: "Canada personal health identification number (PHIN)", GUID: "722e12ac-c89a-4ec8-a1b7-fea3469f89db",
		Group: dlp.Health, Countries: []string{"ca"},
		About:  "Nine digits near words for the number.",
		Source: "Manitoba Health",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}|\d{3}[ -]\d{3}[ -]\d{3}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"phin", "personal health identification number", "social insurance number", "social insurance administration", "health number", "manitoba health",
			"carte santé", "numéro d'assurance maladie", "health card",
		},
		Proximity: 100,
		Positives: []string{
			`PHIN 123456789`,
		},
		Negatives: []string{
			`123456789`,
		},
	}
}
