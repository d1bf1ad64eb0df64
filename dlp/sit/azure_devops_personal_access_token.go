package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureDevopsPersonalAccessToken() dlp.Type {
	return dlp.Type{
		ID: "azure-devops-personal-access-token", Name: "Azure DevOps Personal Access Token",
		Group: dlp.Credential,
		About: "52 lower-case base32 characters, or 84 with AZDO, near words for a token.",
		Patterns: []dlp.Pattern{
			{Expr: `[a-z2-7]{52}`, Check: varied, Near: dlp.Medium},
			{Expr: `[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}`, Check: random4, Alone: dlp.High},
		},
		Keywords: []string{
			"azure devops", "pat", "personal access token", "visualstudio.com", "dev.azure.com", "vsts", "devops",
		},
		Positives: []string{
			"azure devops pat z2zb2bj357p5t5md3" + "bqydwfkacfrefjj27ep65cuegyajxfxgq7r",
		},
		Negatives: []string{
			"z2zb2bj357p5t5md3bqydwfkac" + "frefjj27ep65cuegyajxfxgq7r",
		},
	}
}
