package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func pulumiAccessToken() dlp.Type {
	return dlp.Type{
		ID: "pulumi-access-token", Name: "Pulumi Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `pul-[a-f0-9]{40}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"pul-e2231dd3d71dab2bec" + "14c3a4ea8307a8d3233c55",
		},
		Negatives: []string{
			"pul-",
		},
	}
}
