package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureEventgridAccessKey() dlp.Type {
	return dlp.Type{
		ID: "azure-eventgrid-access-key", Name: "Azure EventGrid access key",
		Group:  dlp.Credential,
		About:  "A 44-character key with the signature AzEG.",
		Source: "Microsoft, Common Annotated Security Keys",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9/+]{33}AzEG[A-Za-z0-9/+]{5}[AEIMQUYcgkosw048]=`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`key aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1AzEGaB3dEA=`,
		},
		Negatives: []string{
			`aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1AzExaB3dEA=`,
		},
	}
}
