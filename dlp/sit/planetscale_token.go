package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func planetscaleToken() dlp.Type {
	return dlp.Type{
		ID: "planetscale-token", Name: "PlanetScale Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `pscale_(?:tkn|oauth|pw)_[A-Za-z0-9=._-]{32,64}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"pscale_tkn_aOYVMnW3wXuJX7rB" + "S8FYqf9FHyhNIBC9baLxa2mkhrc",
		},
		Negatives: []string{
			"pscale_tkn_",
		},
	}
}
