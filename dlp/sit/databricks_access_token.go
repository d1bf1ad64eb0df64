package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func databricksAccessToken() dlp.Type {
	return dlp.Type{
		ID: "databricks-access-token", Name: "Azure Databricks Personal Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `dapi[a-f0-9]{32}(?:-\d)?`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"dapi0adc8d82ba2d3d" + "b50fd2e56d43bf2f72",
		},
		Negatives: []string{
			"dapi",
		},
	}
}
