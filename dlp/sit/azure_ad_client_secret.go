package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureAdClientSecret() dlp.Type {
	return dlp.Type{
		ID: "azure-ad-client-secret", Name: "Azure AD Client Secret",
		Group:  dlp.Credential,
		About:  "40 characters with Q~ after the first four, as Entra ID gives them.",
		Source: "Microsoft Entra ID, app credentials",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}`, Check: random35, Alone: dlp.High},
		},
		Positives: []string{
			"client_secret=abc8Q~RPvsU7s" + "UtbSn9hGMygC3OrqtuzNQyFYJU2",
		},
		Negatives: []string{
			"abc8Q~x",
		},
	}
}
