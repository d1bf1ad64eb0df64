package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureCognitiveSearchApiKey() dlp.Type {
	return dlp.Type{
		ID: "azure-cognitive-search-api-key", Name: "Azure Cognitive search API key",
		Group:  dlp.Credential,
		About:  "A 52-character key with the signature AzSe.",
		Source: "Microsoft, Common Annotated Security Keys",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`key aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4AzSeAB3dE5`,
		},
		Negatives: []string{
			`aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4AzSxAB3dE5`,
		},
	}
}
