package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func maltaIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "malta-identity-card-number", Name: "Malta Identity Card Number", GUID: "854b36b3-a388-4ac8-a4ec-677c2b5e4356",
		Group: dlp.Identity, Countries: []string{"mt"},
		About: "Up to seven digits and a letter of the register near words for an identity card.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{5,7}[MGAPLHBZ]`, Near: dlp.Medium},
		},
		Keywords: []string{
			"karta tal-identità", "karta tal-identita", "identità", "numru tal-identità", "id card", "identity card", "national id", "identity number",
			"citizen service number", "maltese",
		},
		Positives: []string{
			"karta tal-identità 0012345M",
		},
		Negatives: []string{
			"0012345M", "identity card 0012345C",
		},
	}
}
