package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func mailchimpApiKey() dlp.Type {
	return dlp.Type{
		ID: "mailchimp-api-key", Name: "Mailchimp API Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `[a-f0-9]{32}-us\d{1,2}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"d5aaf6de1a0de31c3d" + "fc65080a2aa043-us12",
		},
		Negatives: []string{
			"abc-us12",
		},
	}
}
