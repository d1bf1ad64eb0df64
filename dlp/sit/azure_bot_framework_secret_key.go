package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureBotFrameworkSecretKey() dlp.Type {
	return dlp.Type{
		ID: "azure-bot-framework-secret-key", Name: "Azure Bot Framework secret key",
		Group:  dlp.Credential,
		About:  "A secret of the Direct Line channel near its name.",
		Source: "Azure Bot Service documentation",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9_-]{11}\.[A-Za-z0-9_-]{43}`, Check: random4, Near: dlp.High},
		},
		Keywords: []string{
			"direct line", "directline", "bot framework", "botframework", "web chat", "bot secret",
		},
		Proximity: 100,
		Positives: []string{
			`Direct Line secret aB3dE5gH7jK.aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h`,
		},
		Negatives: []string{
			`aB3dE5gH7jK.aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h`,
		},
	}
}
