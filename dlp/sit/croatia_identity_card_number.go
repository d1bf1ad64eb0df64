package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func croatiaIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "croatia-identity-card-number", Name: "Croatia Identity Card Number", GUID: "ff12f884-c20a-4189-b185-34c8e7258d47",
		Group: dlp.Identity, Countries: []string{"hr"},
		About: "Nine digits near words for an identity card.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"osobna iskaznica", "broj osobne iskaznice", "osobne iskaznice", "osobna", "croatian identity card", "majstorska",
		},
		Proximity: 60,
		Positives: []string{
			"osobna iskaznica 123456780",
		},
		Negatives: []string{
			"123456780",
		},
	}
}
