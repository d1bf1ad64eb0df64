package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func austriaIdentityCard() dlp.Type {
	return dlp.Type{
		ID: "austria-identity-card", Name: "Austria Identity Card", GUID: "5ec06c3b-007e-4820-8343-7ff73b889735",
		Group: dlp.Identity, Countries: []string{"at"},
		About: "Seven digits and a letter, or a letter and seven digits, near words for an identity card.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{7}[A-Z]?|[A-Z]{2}\d{6,7}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"personalausweis", "personalausweisnummer", "identitätsausweis", "ausweisnummer", "identity card austria", "identitätskarte", "national id",
		},
		Proximity: 60,
		Positives: []string{
			"Personalausweis 1234567A",
		},
		Negatives: []string{
			"1234567A",
		},
	}
}
