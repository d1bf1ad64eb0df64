package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func stripeAccessToken() dlp.Type {
	return dlp.Type{
		ID: "stripe-access-token", Name: "Stripe Access Token",
		Group:  dlp.Credential,
		About:  "The fixed prefix and length of the service's tokens.",
		Source: "Stripe, API keys",
		Patterns: []dlp.Pattern{
			{Expr: `(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,99}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"sk_live_ONPRSfXE" + "SNowFh0g8vI1Y8cL",
		},
		Negatives: []string{
			"sk_live_",
		},
	}
}
