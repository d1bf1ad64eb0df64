package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureRedisCacheConnectionStringPassword() dlp.Type {
	return dlp.Type{
		ID: "azure-redis-cache-connection-string-password", Name: "Azure Redis cache connection string password",
		Group:  dlp.Credential,
		About:  "A 44-character key with the signature AzCa.",
		Source: "Microsoft, Common Annotated Security Keys",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9/+]{33}AzCa[A-Za-z0-9/+]{5}[AEIMQUYcgkosw048]=`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`key aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1AzCaaB3dEA=`,
		},
		Negatives: []string{
			`aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1AzCxaB3dEA=`,
		},
	}
}
