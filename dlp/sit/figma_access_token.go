package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func figmaAccessToken() dlp.Type {
	return dlp.Type{
		ID: "figma-access-token", Name: "Figma Personal Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `figd_[A-Za-z0-9_-]{40}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"figd_glUGZBcNpQ8kmsZcU" + "WbxSBeHLGHlbRKPAVue6ino",
		},
		Negatives: []string{
			"figd_",
		},
	}
}
