package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func githubPersonalAccessToken() dlp.Type {
	return dlp.Type{
		ID: "github-personal-access-token", Name: "GitHub Personal Access Token",
		Group:  dlp.Credential,
		About:  "The fixed prefix and length of the service's tokens.",
		Source: "GitHub, token formats",
		Patterns: []dlp.Pattern{
			{Expr: `gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"ghp_sSBYhdfpdV0Z3wLy" + "mDM5r8gdytgcRZ93w8Xq",
			"github_pat_kBUZkKpJ1HAC1mV121s4o8_EmTMMNAxGo8z" + "mBChUaRcYG1tlONaulckpEkLcYbYRfqqm2jYZ2BJeO5vQUz",
		},
		Negatives: []string{
			"ghp_short", "ghx_sSBYhdfpdV0Z3wLy" + "mDM5r8gdytgcRZ93w8Xq",
		},
	}
}
