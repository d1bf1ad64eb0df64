package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func indiaPermanentAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "india-permanent-account-number", Name: "India Permanent Account Number (PAN)", GUID: "2602bfee-9bb0-47a5-a7a6-2bf3053e2804",
		Group: dlp.Tax, Countries: []string{"in"},
		About:  "Five letters of which the fourth is the kind of holder, four digits, a letter.",
		Source: "Income Tax Department, PAN structure",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]`, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"pan", "permanent account number", "pan card", "pan no", "pan number", "income tax", "पैन", "स्थायी खाता संख्या", "tax",
		},
		Positives: []string{
			"PAN ACUPA7085R", "ACUPA7085R",
		},
		Negatives: []string{
			"ACUXA7085R",
		},
	}
}
