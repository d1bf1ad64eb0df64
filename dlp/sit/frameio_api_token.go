package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func frameioApiToken() dlp.Type {
	return dlp.Type{
		ID: "frameio-api-token", Name: "Frame.io API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `fio-u-[A-Za-z0-9_=-]{64}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"fio-u-rsveP05Ap8eN514PX5tMznYEd2eI9" + "hYJES66bVsBSdPvP7EQCPtMi6AGQi6kVHS1",
		},
		Negatives: []string{
			"fio-u-",
		},
	}
}
