package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func cyprusIdentityCard() dlp.Type {
	return dlp.Type{
		ID: "cyprus-identity-card", Name: "Cyprus Identity Card", GUID: "3ba8afe5-7a6c-4929-8247-0001b6878438",
		Group: dlp.Identity, Countries: []string{"cy"},
		About: "Ten digits near words for an identity card.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{10}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"ταυτότητα", "αριθμός ταυτότητας", "ταυτότητας", "kimlik karti", "kimlik kartı", "id card number", "identity card number", "national id",
		},
		Proximity: 60,
		Positives: []string{
			"αριθμός ταυτότητας 0001234568",
		},
		Negatives: []string{
			"0001234568",
		},
	}
}
