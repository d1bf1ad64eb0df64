package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func npmAccessToken() dlp.Type {
	return dlp.Type{
		ID: "npm-access-token", Name: "npm Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `npm_[A-Za-z0-9]{36}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"npm_JzwANGUOxdnchoHy" + "JMKH0VznHMqY863gg5Vm",
		},
		Negatives: []string{
			"npm_config",
		},
	}
}
