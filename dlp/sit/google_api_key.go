package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func googleApiKey() dlp.Type {
	return dlp.Type{
		ID: "google-api-key", Name: "Google API key",
		Group:  dlp.Credential,
		About:  "The fixed prefix and length of the service's tokens.",
		Source: "Google Cloud, API keys",
		Patterns: []dlp.Pattern{
			{Expr: `AIza[A-Za-z0-9_-]{35}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"AIzaNjeoF0daUqnX9Pm" + "rpaVceowXz5JsiiQNiK2",
		},
		Negatives: []string{
			"AIzaShort",
		},
	}
}
