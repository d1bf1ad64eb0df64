package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func shippoApiToken() dlp.Type {
	return dlp.Type{
		ID: "shippo-api-token", Name: "Shippo API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `shippo_(?:live|test)_[a-f0-9]{40}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"shippo_live_38c1c4b441ad8d" + "36d96cdbb87c299003ba7ce99e",
		},
		Negatives: []string{
			"shippo_live_",
		},
	}
}
