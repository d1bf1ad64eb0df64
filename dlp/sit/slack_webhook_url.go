package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func slackWebhookUrl() dlp.Type {
	return dlp.Type{
		ID: "slack-webhook-url", Name: "Slack Webhook URL",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `hooks\.slack\.com/(?:services|workflows)/T[A-Z0-9]{8,12}/[AB][A-Z0-9]{8,12}/[A-Za-z0-9]{18,24}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"https://hooks.slack.com/services/T0123" + "ABCD/B0123ABCD/HluRLeqzYaAHHDDjtgrhnzAB",
		},
		Negatives: []string{
			"hooks.slack.c" + "om/services/T0",
		},
	}
}
