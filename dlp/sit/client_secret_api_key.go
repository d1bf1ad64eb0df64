package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func clientSecretApiKey() dlp.Type {
	return dlp.Type{
		ID: "client-secret-api-key", Name: "Client secret / API key",
		Group: dlp.Credential,
		About: "An assignment of a random value to a name for a client secret or API key.",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:client[_ -]?secret|api[_ -]?key|app[_ -]?secret|consumer[_ -]?secret|api[_ -]?secret)"?\'? ?(?:=|:|=>|:=) ?["\']?[A-Za-z0-9_~.+/=-]{16,128}`, Check: clientSecretApiKeyCheck, Alone: dlp.Medium},
		},
		Positives: []string{
			`client_secret = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA"`,
			`apiKey: aB3dE5gH7jK9mN1pQ2rS4tU6`,
		},
		Negatives: []string{
			`api_key = os.environ.get`,
			`client_secret: xxxxxxxxxxxxxxxxxxxx`,
		},
	}
}

func clientSecretApiKeyCheck(m []byte) bool { return random35(afterSign(m)) }
