package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func sendgridApiToken() dlp.Type {
	return dlp.Type{
		ID: "sendgrid-api-token", Name: "SendGrid API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"SG.4G2N1mW0YWFkOdVxd8kRdf.7ku0EvDU" + "ydfogXo780WtZY8fWPDkgT8xYXQVKyzxzV9",
		},
		Negatives: []string{
			"SG.a.b",
		},
	}
}
