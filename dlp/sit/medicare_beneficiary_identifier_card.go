package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func medicareBeneficiaryIdentifierCard() dlp.Type {
	return dlp.Type{
		ID: "medicare-beneficiary-identifier-card", Name: "Medicare Beneficiary Identifier (MBI) card", GUID: "f753a286-f5cc-47e6-a592-4be25fd02591",
		Group: dlp.Health, Countries: []string{"us"},
		About:  "Eleven characters in the fixed pattern of letters and digits, without S, L, O, I, B and Z.",
		Source: "CMS, MBI format",
		Patterns: []dlp.Pattern{
			{Expr: `[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}`, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"mbi", "mbi#", "medicare beneficiary", "medicare", "medicare number", "medicare id", "medicare card", "hicn", "beneficiary",
		},
		Positives: []string{
			"Medicare 1EG4-TE5-MK73", "1EG4TE5MK73",
		},
		Negatives: []string{
			"1EG4-TE5-MK7", "0EG4-TE5-MK73", "1SG4-TE5-MK73",
		},
	}
}
