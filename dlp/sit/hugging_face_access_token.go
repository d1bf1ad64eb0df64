package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func huggingFaceAccessToken() dlp.Type {
	return dlp.Type{
		ID: "hugging-face-access-token", Name: "Hugging Face Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `(?:hf|api_org)_[A-Za-z]{34}`, Check: varied, Alone: dlp.High},
		},
		Positives: []string{
			"hf_aCkkZNuZGQBTeQw" + "YRPsQkrsvnTVGxefIRP",
		},
		Negatives: []string{
			"hf_model", "hf_aaaaaaaaaaaaaaa" + "aaaaaaaaaaaaaaaaaaa",
		},
	}
}
