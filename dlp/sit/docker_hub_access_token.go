package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func dockerHubAccessToken() dlp.Type {
	return dlp.Type{
		ID: "docker-hub-access-token", Name: "Docker Hub Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,32}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"dckr_pat_HgIJGeLiM" + "olkFO0iicDlzP82B6v",
		},
		Negatives: []string{
			"dckr_pat_",
		},
	}
}
