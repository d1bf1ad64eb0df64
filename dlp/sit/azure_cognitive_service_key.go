package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureCognitiveServiceKey() dlp.Type {
	return dlp.Type{
		ID: "azure-cognitive-service-key", Name: "Azure Cognitive Service key",
		Group:  dlp.Credential,
		About:  "32 hexadecimal digits near words for the service.",
		Source: "Azure documentation",
		Patterns: []dlp.Pattern{
			{Expr: `[a-f0-9]{32}`, Check: random3, Near: dlp.High},
		},
		Keywords: []string{
			"ocp-apim-subscription-key", "cognitive services", "cognitiveservices", "cognitive service", "api.cognitive.microsoft.com", "speech key",
			"vision key",
		},
		Proximity: 100,
		Positives: []string{
			`Ocp-Apim-Subscription-Key: 0a1b2c3d4e5f60718293a4b5c6d7e8f9`,
		},
		Negatives: []string{
			`0a1b2c3d4e5f60718293a4b5c6d7e8f9`,
		},
	}
}
