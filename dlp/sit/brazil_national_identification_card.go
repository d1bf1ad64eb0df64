package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func brazilNationalIdentificationCard() dlp.Type {
	return dlp.Type{
		ID: "brazil-national-identification-card", Name: "Brazil National ID Card (RG)", GUID: "486de900-db70-41b3-a886-abdf25af119c",
		Group: dlp.Identity, Countries: []string{"br"},
		About: "Eight digits and a check character in groups near words for the card.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{1,2}\.\d{3}\.\d{3}-[\dXx]`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"rg", "registro geral", "carteira de identidade", "cédula de identidade", "identidade", "documento de identidade", "ssp",
		},
		Proximity: 100,
		Positives: []string{
			"RG 12.345.678-9",
		},
		Negatives: []string{
			"12.345.678-9",
		},
	}
}
