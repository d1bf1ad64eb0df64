package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureSharedAccessKeyWebHookToken() dlp.Type {
	return dlp.Type{
		ID: "azure-shared-access-key-web-hook-token", Name: "Azure shared access key / web hook token",
		Group:  dlp.Credential,
		About:  "The address of a webhook of Azure Automation with its token.",
		Source: "Azure documentation",
		Patterns: []dlp.Pattern{
			{Expr: `azure-automation\.net/webhooks\?token=[A-Za-z0-9%+/_-]{40,60}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`https://x.webhook.we.azure-automation.net/webhooks?token=aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4hI%3d`,
		},
		Negatives: []string{
			`https://x.webhook.we.azure-automation.net/webhooks?token=x`,
		},
	}
}
