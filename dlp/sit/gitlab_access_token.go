package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func gitlabAccessToken() dlp.Type {
	return dlp.Type{
		ID: "gitlab-access-token", Name: "GitLab Access Token",
		Group:  dlp.Credential,
		About:  "The fixed prefix and length of the service's tokens.",
		Source: "GitLab, token prefixes",
		Patterns: []dlp.Pattern{
			{Expr: `gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_-]{20,64}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"glpat-kC0zx5R" + "NQ9Gy35hQ5X3X",
		},
		Negatives: []string{
			"glpat-short",
		},
	}
}
