package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func sentryToken() dlp.Type {
	return dlp.Type{
		ID: "sentry-token", Name: "Sentry Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `sntry[us]_[A-Za-z0-9+/_=]{43,250}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"sntryu_bd5c4933095808b741bd9196a7ac" + "060bedcfc5a6bea39669dc4d1babd5c8745d",
		},
		Negatives: []string{
			"sntryu_",
		},
	}
}
