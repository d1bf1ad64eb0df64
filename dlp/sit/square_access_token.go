package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func squareAccessToken() dlp.Type {
	return dlp.Type{
		ID: "square-access-token", Name: "Square Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `(?:EAAA|sq0atp-|sq0csp-)[A-Za-z0-9_-]{22,60}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"sq0atp-9SjDybR" + "vPtq6aAFPhnEmxg",
		},
		Negatives: []string{
			"sq0atp-",
		},
	}
}
