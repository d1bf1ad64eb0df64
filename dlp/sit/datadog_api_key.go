package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func datadogApiKey() dlp.Type {
	return dlp.Type{
		ID: "datadog-api-key", Name: "Datadog API Key",
		Group: dlp.Credential,
		About: "32 or 40 hexadecimal characters near words for the service.",
		Patterns: []dlp.Pattern{
			{Expr: `[a-f0-9]{32}(?:[a-f0-9]{8})?`, Check: random3, Near: dlp.Medium},
		},
		Keywords: []string{
			"datadog", "dd api key", "dd app key", "datadoghq",
		},
		Proximity: 60,
		Positives: []string{
			"DD_API_KEY=22a2419728" + "f3d048e56cf1469183e91f",
		},
		Negatives: []string{
			"22a2419728f3d048" + "e56cf1469183e91f",
		},
	}
}
