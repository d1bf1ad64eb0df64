package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func canadaSocialInsuranceNumber() dlp.Type {
	return dlp.Type{
		ID: "canada-social-insurance-number", Name: "Canada Social Insurance Number", GUID: "a2f29c85-ecb8-4514-a610-364790c0773e",
		Group: dlp.Social, Countries: []string{"ca"},
		About:  "Nine digits with Luhn check digit, in groups or together.",
		Source: "Service Canada, SIN Code of Practice",
		Patterns: []dlp.Pattern{
			{Expr: `[1-79]\d{2}[ -]?\d{3}[ -]?\d{3}`, Check: luhn, Near: dlp.High},
		},
		Keywords: []string{
			"sin", "sins", "social insurance", "social insurance number", "numero d'assurance sociale", "numéro d'assurance sociale", "nas", "ssn", "ssns",
			"social ins", "soc ins", "numero d assurance sociale", "sin#",
		},
		Positives: []string{
			"SIN 193-456-787", "numéro d'assurance sociale 123 456 782",
		},
		Negatives: []string{
			"193-456-787", "SIN 193-456-788",
		},
	}
}
