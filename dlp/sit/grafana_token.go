package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func grafanaToken() dlp.Type {
	return dlp.Type{
		ID: "grafana-token", Name: "Grafana Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `gl(?:c|sa)_[A-Za-z0-9+/_]{32,200}={0,2}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"glsa_6PoWboXB0QKdFobfp5" + "hpY3BXw6fksI5A_2792c34a",
		},
		Negatives: []string{
			"glsa_",
		},
	}
}
