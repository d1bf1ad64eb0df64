package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func slackAccessToken() dlp.Type {
	return dlp.Type{
		ID: "slack-access-token", Name: "Slack Access Token",
		Group:  dlp.Credential,
		About:  "The fixed prefix and length of the service's tokens.",
		Source: "Slack, token types",
		Patterns: []dlp.Pattern{
			{Expr: `xox[abeprs]-(?:\d{1,13}-){0,3}[A-Za-z0-9-]{10,80}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"xoxb-123456789012-1234567890" + "123-4BoaHsRG8aUAdNQM0PyEj1v9",
		},
		Negatives: []string{
			"xoxb-short",
		},
	}
}
