package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func linearApiKey() dlp.Type {
	return dlp.Type{
		ID: "linear-api-key", Name: "Linear API Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `lin_api_[A-Za-z0-9]{40}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"lin_api_fdaV2AUmuQjjwN5b" + "OqafsaR8LpK5x6GseizOe9qM",
		},
		Negatives: []string{
			"lin_api_",
		},
	}
}
