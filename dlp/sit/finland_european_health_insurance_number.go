package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func finlandEuropeanHealthInsuranceNumber() dlp.Type {
	return dlp.Type{
		ID: "finland-european-health-insurance-number", Name: "Finland European Health Insurance Number", GUID: "60f75aed-81bf-4625-89b0-0846b9248ee7",
		Group: dlp.Health, Countries: []string{"fi"},
		About:  "20 digits that begin with 80246 near words for the card.",
		Source: "EHIC, Decision S2",
		Patterns: []dlp.Pattern{
			{Expr: `80246\d{15}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"ehic", "ehic#", "sairaanhoitokortti", "sairausvakuutuskortti", "eurooppalainen sairaanhoitokortti", "suomen", "finska", "hälsokort",
			"health insurance card",
		},
		Positives: []string{
			"EHIC 80246902345678901234",
		},
		Negatives: []string{
			"80246902345678901234",
		},
	}
}
