package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func twilioApiKey() dlp.Type {
	return dlp.Type{
		ID: "twilio-api-key", Name: "Twilio API Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `SK[0-9a-f]{32}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"SK76a3e5d7734b4d6" + "bd25ffe68bd5dd11d",
		},
		Negatives: []string{
			"SK",
		},
	}
}
