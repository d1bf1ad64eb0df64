package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func digitaloceanAccessToken() dlp.Type {
	return dlp.Type{
		ID: "digitalocean-access-token", Name: "DigitalOcean Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `do[opr]_v1_[a-f0-9]{64}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"dop_v1_20ada543bc58a7db0f97ddef046f" + "cfeebc654f42897bb002f9dacfe3a8e0438e",
		},
		Negatives: []string{
			"dop_v1_",
		},
	}
}
