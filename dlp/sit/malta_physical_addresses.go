package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func maltaPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "malta-physical-addresses", Name: "Malta physical addresses",
		Group: dlp.Contact, Countries: []string{"mt"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{1,4},? (?:Triq|Pjazza|Sqaq|Misraħ) [^\n,\d]{2,40}(?:, ?|\n| )[A-Z][a-z]{2,20}(?:, | |,)[A-Z]{3} ?\d{4}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`12, Triq ir-Repubblika, Valletta VLT 1110`,
		},
		Negatives: []string{
			`Valletta VLT 1110`,
		},
	}
}
