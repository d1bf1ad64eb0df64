package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func notionApiToken() dlp.Type {
	return dlp.Type{
		ID: "notion-api-token", Name: "Notion API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `ntn_\d{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43}`, Check: random35, Alone: dlp.High},
		},
		Positives: []string{
			"ntn_12345678901VFxC0YTNVL" + "JMieuD3asryAcPxigXU4gSBze",
		},
		Negatives: []string{
			"secret_santa",
		},
	}
}
