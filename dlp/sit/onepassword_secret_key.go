package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func onepasswordSecretKey() dlp.Type {
	return dlp.Type{
		ID: "onepassword-secret-key", Name: "1Password Secret Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"A3-ASWWYB-798JRY-LJV" + "D4-23DC2-86TVM-H43EB",
		},
		Negatives: []string{
			"A3-ASWWYB",
		},
	}
}
