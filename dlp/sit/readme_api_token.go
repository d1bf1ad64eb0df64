package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func readmeApiToken() dlp.Type {
	return dlp.Type{
		ID: "readme-api-token", Name: "ReadMe API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `rdme_[a-z0-9]{70}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"rdme_uln1qhcd0bsfedyqzsajr18r9mv5eqge" + "g7a880ql3r6w1y82801suhvet5w18wx6x505h0",
		},
		Negatives: []string{
			"rdme_",
		},
	}
}
