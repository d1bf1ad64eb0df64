package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func duffelApiToken() dlp.Type {
	return dlp.Type{
		ID: "duffel-api-token", Name: "Duffel API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `duffel_(?:test|live)_[A-Za-z0-9_=-]{43}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"duffel_live_nju1W3R3Tum9aM1" + "0ZHkOCL6kuqVRfr61e9AIt75ExgK",
		},
		Negatives: []string{
			"duffel_live_",
		},
	}
}
