package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureSignalrAccessKey() dlp.Type {
	return dlp.Type{
		ID: "azure-signalr-access-key", Name: "Azure SignalR access key",
		Group:  dlp.Credential,
		About:  "A connection string of SignalR with its key.",
		Source: "Azure documentation",
		Patterns: []dlp.Pattern{
			{Expr: `Endpoint=https://[a-z0-9-]{3,63}\.service\.signalr\.net;AccessKey=[A-Za-z0-9+/]{43}=`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`Endpoint=https://demo.service.signalr.net;AccessKey=aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h=`,
		},
		Negatives: []string{
			`Endpoint=https://demo.service.signalr.net;AccessKey=<key>`,
		},
	}
}
