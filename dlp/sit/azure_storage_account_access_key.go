package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureStorageAccountAccessKey() dlp.Type {
	return dlp.Type{
		ID: "azure-storage-account-access-key", Name: "Azure storage account access key",
		Group:  dlp.Credential,
		About:  "An 88-character key with the signature +ASt.",
		Source: "Microsoft, Common Annotated Security Keys",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9/+]{76}\+ASt[A-Za-z0-9]{5}[AQgw]==`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`key aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1vW2xY3zA4bC5d+AStaB3dEA==`,
		},
		Negatives: []string{
			`aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1vW2xY3zA4bC5d+ASxaB3dEA==`,
		},
	}
}
