package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureBotServiceAppSecret() dlp.Type {
	return dlp.Type{
		ID: "azure-bot-service-app-secret", Name: "Azure Bot service app secret",
		Group:  dlp.Credential,
		About:  "The password of a bot in its settings.",
		Source: "Azure Bot Service documentation",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:MicrosoftAppPassword)"? ?[:=] ?"?[^\s"<>{}$]{16,64}`, Check: azureBotServiceAppSecretCheck, Alone: dlp.High},
		},
		Positives: []string{
			`"MicrosoftAppPassword": "aB3~dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1"`,
		},
		Negatives: []string{
			`"MicrosoftAppPassword": ""`,
		},
	}
}

func azureBotServiceAppSecretCheck(m []byte) bool { return random3(afterSign(m)) }
