package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func prefectApiToken() dlp.Type {
	return dlp.Type{
		ID: "prefect-api-token", Name: "Prefect API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `pn[bu]_[A-Za-z0-9]{36}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"pnu_XCGdubyd6Mip6Rz0" + "RAc6bqE7dXte7JYmAGR7",
		},
		Negatives: []string{
			"pnu_",
		},
	}
}
