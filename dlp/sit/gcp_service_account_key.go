package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func gcpServiceAccountKey() dlp.Type {
	return dlp.Type{
		ID: "gcp-service-account-key", Name: "Google Cloud Service Account Key",
		Group: dlp.Credential,
		About: "The JSON of a service account with its private key id.",
		Patterns: []dlp.Pattern{
			{Expr: `private_key_id"\s?:\s?"[0-9a-f]{40}`, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"service_account", "client_email", "iam.gserviceaccount.com",
		},
		Positives: []string{
			`"private_key_id": "42e2de54a2e` + `b6c6b101f1457338ab589ad29a141"`,
		},
		Negatives: []string{
			"private_key_id: none",
		},
	}
}
