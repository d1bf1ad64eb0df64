package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func maltaTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "malta-tax-identification-number", Name: "Malta tax identification number", GUID: "ec830c63-65f4-45d0-9d8c-910dc8334b20",
		Group: dlp.Tax, Countries: []string{"mt"},
		About:  "Seven digits and a letter of an identity card, or nine digits, near words for tax.",
		Source: "European Commission, TIN by country",
		Patterns: []dlp.Pattern{
			{Expr: `\d{7} ?[MGAPLHBZ]|\d{9}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"tin", "tax id", "tax number", "tax identification", "numru tat-taxxa", "taxxa", "income tax", "tax registration", "vat",
		},
		Proximity: 100,
		Positives: []string{
			`TIN 1234567M`,
		},
		Negatives: []string{
			`1234567M`,
		},
	}
}
