package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func canadaHealthServiceNumber() dlp.Type {
	return dlp.Type{
		ID: "canada-health-service-number", Name: "Canada Health Service Number", GUID: "59c0bf39-7fab-482c-af25-00faa4384c94",
		Group: dlp.Health, Countries: []string{"ca"},
		About: "Ten digits, or twelve characters in Quebec, near words for a health card.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{4}[ -]?\d{3}[ -]?\d{3}(?:[ -]?[A-Z]{2})?|[A-Z]{4} ?\d{4} ?\d{4}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"health card", "health card number", "health insurance", "health number", "health service", "ohip", "ramq", "phn", "personal health number",
			"health id", "carte santé", "carte d'assurance maladie", "assurance maladie", "healthcare", "care card",
		},
		Proximity: 100,
		Positives: []string{
			"OHIP 1234-567-897", "carte d'assurance maladie TREM 6508 2310",
		},
		Negatives: []string{
			"1234-567-897",
		},
	}
}
