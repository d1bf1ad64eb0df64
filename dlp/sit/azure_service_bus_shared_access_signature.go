package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureServiceBusSharedAccessSignature() dlp.Type {
	return dlp.Type{
		ID: "azure-service-bus-shared-access-signature", Name: "Azure Service Bus shared access signature",
		Group:  dlp.Credential,
		About:  "A SharedAccessSignature for a service bus, with its signature.",
		Source: "Azure documentation",
		Patterns: []dlp.Pattern{
			{Expr: `SharedAccessSignature sr=[A-Za-z0-9%._-]{5,200}&sig=[A-Za-z0-9%]{43,63}&se=\d{9,12}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`SharedAccessSignature sr=https%3a%2f%2fns.servicebus.windows.net%2fq&sig=aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h%3d&se=1700000000&skn=Root`,
		},
		Negatives: []string{
			`SharedAccessSignature sr=https&sig=x&se=1`,
		},
	}
}
