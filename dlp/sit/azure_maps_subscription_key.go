package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureMapsSubscriptionKey() dlp.Type {
	return dlp.Type{
		ID: "azure-maps-subscription-key", Name: "Azure Maps subscription key",
		Group:  dlp.Credential,
		About:  "43 characters near words for the service.",
		Source: "Azure documentation",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9_-]{43}`, Check: random4, Near: dlp.High},
		},
		Keywords: []string{
			"atlas.microsoft.com", "azure maps", "azuremaps", "azure maps key",
		},
		Proximity: 100,
		Positives: []string{
			`atlas.microsoft.com key aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h`,
		},
		Negatives: []string{
			`aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h`,
		},
	}
}
