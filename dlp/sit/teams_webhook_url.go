package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func teamsWebhookUrl() dlp.Type {
	return dlp.Type{
		ID: "teams-webhook-url", Name: "Microsoft Teams Webhook URL",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `[a-z0-9-]{1,40}\.webhook\.office\.com/webhookb2/[a-f0-9-]{36}@[a-f0-9-]{36}/IncomingWebhook/[a-f0-9]{32}/[a-f0-9-]{36}`, Alone: dlp.High},
		},
		Positives: []string{
			"contoso.webhook.office.com/webhookb2/12345678-1234-1234-1234-123456789abc@12345678-1234-1234-1234-" + "123456789abc/IncomingWebhook/37136b33fca47ac95b6312c881bc27d8/12345678-1234-1234-1234-123456789abc",
		},
		Negatives: []string{
			"contoso.webho" + "ok.office.com",
		},
	}
}
