package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func artifactoryAccessToken() dlp.Type {
	return dlp.Type{
		ID: "artifactory-access-token", Name: "JFrog Artifactory Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `AKC[A-Za-z0-9]{60,80}|cmVmd[A-Za-z0-9]{59}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"AKC2SDLVatVuy5dcKHDy2TFBkG4GNouFVL9S" + "ODYtQEkar5v462fPRzY3htfg33E3D37F2LN0b",
		},
		Negatives: []string{
			"AKCx",
		},
	}
}
