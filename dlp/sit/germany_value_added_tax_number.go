package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func germanyValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "germany-value-added-tax-number", Name: "Germany Value Added Tax Number", GUID: "db177eb2-8811-4842-bffc-128c14aa219f",
		Group: dlp.Tax, Countries: []string{"de"},
		About:  "DE and nine digits with check digit by ISO 7064 MOD 11,10.",
		Source: "BZSt, USt-IdNr.",
		Patterns: []dlp.Pattern{
			{Expr: `DE ?[1-9]\d{2} ?\d{3} ?\d{3}`, Check: mod11x10, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"ust-idnr", "ust-id", "ustid", "umsatzsteuer", "umsatzsteuer-identifikationsnummer", "mwst", "mehrwertsteuer", "vat", "vat number", "vat id",
		},
		Positives: []string{
			"USt-IdNr. DE136695976",
		},
		Negatives: []string{
			"DE136695977",
		},
	}
}
