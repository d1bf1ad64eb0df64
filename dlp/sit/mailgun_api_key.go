package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func mailgunApiKey() dlp.Type {
	return dlp.Type{
		ID: "mailgun-api-key", Name: "Mailgun API Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `(?:key|pubkey)-[a-f0-9]{32}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"key-98720337dd4de6" + "c23076d03e6c53205e",
		},
		Negatives: []string{
			"key-",
		},
	}
}
