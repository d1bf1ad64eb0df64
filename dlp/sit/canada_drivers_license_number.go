package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func canadaDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "canada-drivers-license-number", Name: "Canada driver's license number", GUID: "37186abb-8e48-4800-ad3c-e3d1610b3db0",
		Group: dlp.Driving, Countries: []string{"ca"},
		About:  "The shapes of the provinces' licence numbers near words for a driver's license.",
		Source: "Provincial licence formats",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]\d{4}[ -]?\d{5}[ -]?\d{5}|[A-Z]\d{4}[ -]?\d{6}[ -]?\d{2}|[A-Z]{5}[ -]?\d{9}|[A-Z]{2}-?[A-Z]{2}-?[A-Z]{2}-?[A-Z]\d{3}[A-Z]{2}|[A-Z]\d{12}|[A-Z]\d{14}|\d{6}-\d{3}`, Check: notSame, Near: dlp.Medium},
			{Expr: `\d{5,9}`, Check: notSame, Near: dlp.Low},
		},
		Keywords: []string{
			"driver's license", "drivers license", "driver license", "driver's licence", "driving licence", "dl", "dl#", "licence number", "license number",
			"permis de conduire", "no de permis", "numéro de permis", "ontario", "quebec", "québec", "alberta", "manitoba", "saskatchewan", "nova scotia",
			"new brunswick",
		},
		Proximity: 100,
		Positives: []string{
			`Driver's licence A1234-56789-01234`,
			`Permis de conduire A1234-567890-12`,
		},
		Negatives: []string{
			`A1234-56789-01234`,
		},
	}
}
