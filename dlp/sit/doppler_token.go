package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func dopplerToken() dlp.Type {
	return dlp.Type{
		ID: "doppler-token", Name: "Doppler Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `dp\.(?:pt|ct|st|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"dp.pt.94Eecc2QNWqGlaDjlx" + "aLwTkGuOVBIiRegPXu1Q7d3Gi",
		},
		Negatives: []string{
			"dp.pt.x",
		},
	}
}
