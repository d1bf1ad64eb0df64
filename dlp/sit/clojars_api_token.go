package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func clojarsApiToken() dlp.Type {
	return dlp.Type{
		ID: "clojars-api-token", Name: "Clojars API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `CLOJARS_[a-z0-9]{60}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"CLOJARS_pvj1xq1azgfu05kzcui68llw6g" + "unmudqcp4ou7w3r9lw32thm685zdy8abvh",
		},
		Negatives: []string{
			"CLOJARS_",
		},
	}
}
