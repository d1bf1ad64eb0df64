package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func twitterBearerToken() dlp.Type {
	return dlp.Type{
		ID: "twitter-bearer-token", Name: "X (Twitter) Bearer Token",
		Group: dlp.Credential,
		About: "80 to 120 characters that begin with 22 A.",
		Patterns: []dlp.Pattern{
			{Expr: `A{22}[A-Za-z0-9%]{58,100}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"AAAAAAAAAAAAAAAAAAAAAA0HyFXA6sY0dEiaR3jVYn4lhEPNLhUGsTW" + "TS9mHfZ8Qck9Tc6ABQo3rFfYu6bgFNvaBLunLJzq6oNJeUwYIf614pQ",
		},
		Negatives: []string{
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
	}
}
