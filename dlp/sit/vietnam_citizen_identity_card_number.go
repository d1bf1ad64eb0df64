package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func vietnamCitizenIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "vietnam-citizen-identity-card-number", Name: "Vietnam Citizen Identity Card Number",
		Group: dlp.Identity, Countries: []string{"vn"},
		About:  "Twelve digits that begin with the code of a province, near a keyword.",
		Source: "Nghị định 137/2015/NĐ-CP",
		Patterns: []dlp.Pattern{
			{Expr: `0(?:0[1-9]|[1-8]\d|9[0-6])[0-9]\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"căn cước công dân", "cccd", "căn cước", "số định danh", "chứng minh nhân dân", "cmnd", "số cmnd", "identity card", "citizen id",
		},
		Positives: []string{
			"CCCD 001099012345",
		},
		Negatives: []string{
			"001099012345",
		},
	}
}
