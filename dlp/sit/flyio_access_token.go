package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func flyioAccessToken() dlp.Type {
	return dlp.Type{
		ID: "flyio-access-token", Name: "Fly.io Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `fo1_[A-Za-z0-9_]{43}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"fo1_p2hghoNDAHthA0FfBNR" + "Ut0cYBgd3sScbdyzlFXsAdV0",
		},
		Negatives: []string{
			"fo1_",
		},
	}
}
