package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func herokuApiKey() dlp.Type {
	return dlp.Type{
		ID: "heroku-api-key", Name: "Heroku API Key",
		Group: dlp.Credential,
		About: "A UUID near words for the service, or a token with its prefix.",
		Patterns: []dlp.Pattern{
			{Expr: `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, Check: random3, Near: dlp.Medium},
			{Expr: `HRKU-[A-Za-z0-9_-]{36,64}`, Check: random3, Alone: dlp.High},
		},
		Keywords: []string{
			"heroku api key", "heroku token", "heroku secret", "heroku_api_key",
		},
		Proximity: 60,
		Positives: []string{
			"heroku api key: 12345678-9" + "0ab-4cde-8f01-234567890abc",
		},
		Negatives: []string{
			"12345678-90ab-4cde" + "-8f01-234567890abc",
		},
	}
}
