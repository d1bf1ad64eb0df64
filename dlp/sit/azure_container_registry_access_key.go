package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureContainerRegistryAccessKey() dlp.Type {
	return dlp.Type{
		ID: "azure-container-registry-access-key", Name: "Azure Container Registry access key",
		Group:  dlp.Credential,
		About:  "A 52-character key with the signature +ACR.",
		Source: "Microsoft, Common Annotated Security Keys",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9/+]{42}\+ACR[A-Za-z0-9]{6}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`key aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4+ACRaB3dE5`,
		},
		Negatives: []string{
			`aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4+ACxaB3dE5`,
		},
	}
}
