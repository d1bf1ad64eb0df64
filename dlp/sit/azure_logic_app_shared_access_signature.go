package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureLogicAppSharedAccessSignature() dlp.Type {
	return dlp.Type{
		ID: "azure-logic-app-shared-access-signature", Name: "Azure Logic app shared access signature",
		Group:  dlp.Credential,
		About:  "The address of a workflow with its signature.",
		Source: "Azure documentation",
		Patterns: []dlp.Pattern{
			{Expr: `logic\.azure\.com(?::443)?/workflows/[0-9a-f]{32}/[A-Za-z0-9/?&=%._-]{10,250}sig=[A-Za-z0-9_-]{43}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`https://prod-01.westeurope.logic.azure.com:443/workflows/0a1b2c3d4e5f60718293a4b5c6d7e8f9/triggers/manual/paths/invoke?api-version=2016-10-01&sig=aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h`,
		},
		Negatives: []string{
			`https://prod-01.westeurope.logic.azure.com:443/workflows/`,
		},
	}
}
