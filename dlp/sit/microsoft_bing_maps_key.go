package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func microsoftBingMapsKey() dlp.Type {
	return dlp.Type{
		ID: "microsoft-bing-maps-key", Name: "Microsoft Bing maps key",
		Group:  dlp.Credential,
		About:  "64 characters that begin with A near words for the service.",
		Source: "Bing Maps documentation",
		Patterns: []dlp.Pattern{
			{Expr: `A[A-Za-z0-9_-]{63}`, Check: random4, Near: dlp.High},
		},
		Keywords: []string{
			"bing maps", "bingmaps", "bing maps key", "dev.virtualearth.net", "virtualearth",
		},
		Proximity: 100,
		Positives: []string{
			`Bing Maps key AaB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1`,
		},
		Negatives: []string{
			`AaB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1`,
		},
	}
}
