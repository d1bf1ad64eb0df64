package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func swedenTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "sweden-tax-identification-number", Name: "Sweden tax identification number", GUID: "139acba0-a5bc-4fbb-876d-f7a493ae8a40",
		Group: dlp.Tax, Countries: []string{"se"},
		About:  "A personal or coordination number with its check digit near words for tax.",
		Source: "Skatteverket",
		Patterns: []dlp.Pattern{
			{Expr: `(?:(?:18|19|20)\d{2}|\d{2})\d{4}[-+ ]?\d{4}`, Check: swedenNationalIdCheck, Near: dlp.High},
		},
		Keywords: []string{
			"skatt", "skattenummer", "skatteverket", "skatteregistreringsnummer", "skatte", "tax id", "tax number", "tin", "tax identification number",
			"samordningsnummer", "momsregistreringsnummer",
		},
		Positives: []string{
			`Skattenummer 880320-0016`,
		},
		Negatives: []string{
			`880320-0016`,
			`Skattenummer 880320-0018`,
		},
	}
}
