package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func netherlandsTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "netherlands-tax-identification-number", Name: "Netherlands tax identification number", GUID: "01f42a64-eba7-4892-a67b-398237e4ade2",
		Group: dlp.Tax, Countries: []string{"nl"},
		About:  "Nine digits that pass the test of eleven near words for tax.",
		Source: "European Commission, TIN by country",
		Patterns: []dlp.Pattern{
			{Expr: `\d{4}[. ]?\d{2}[. ]?\d{3}`, Check: elevenTestNine, Near: dlp.High},
		},
		Keywords: []string{
			"btw", "btw nummer", "fiscaal nummer", "fiscaal", "rsin", "sofinummer", "tin", "tax id", "tax number", "belastingnummer", "belasting",
			"belastingdienst", "hollânske", "identificatienummer",
		},
		Positives: []string{
			`Fiscaal nummer 111222333`,
		},
		Negatives: []string{
			`111222333`,
			`Fiscaal nummer 111222334`,
		},
	}
}

func elevenTestNine(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && !checksum.Same(d) && elevenTest(d)
}
