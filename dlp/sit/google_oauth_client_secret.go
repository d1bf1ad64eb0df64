package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func googleOauthClientSecret() dlp.Type {
	return dlp.Type{
		ID: "google-oauth-client-secret", Name: "Google OAuth Client Secret",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `GOCSPX-[A-Za-z0-9_-]{28}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"GOCSPX-xPWEbHWU93" + "dP21tQvr6FPbrBMddI",
		},
		Negatives: []string{
			"GOCSPX-1",
		},
	}
}
