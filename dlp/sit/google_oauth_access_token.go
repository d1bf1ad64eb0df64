package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func googleOauthAccessToken() dlp.Type {
	return dlp.Type{
		ID: "google-oauth-access-token", Name: "Google OAuth Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `ya29\.[A-Za-z0-9_-]{30,250}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"ya29.kHkCP4XqI1Ht6rD3izRQs0hy6lW" + "8hHPhOeaCgyPHy23cWjzPft9zUfVF52ga",
		},
		Negatives: []string{
			"ya29.a",
		},
	}
}
