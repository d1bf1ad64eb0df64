package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func openaiApiKey() dlp.Type {
	return dlp.Type{
		ID: "openai-api-key", Name: "OpenAI API Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"sk-gnFpZ4UmVtygxE6fNCAbT3" + "BlbkFJV5HQWFggupksWY5zi3nI",
		},
		Negatives: []string{
			"sk-learn",
		},
	}
}
