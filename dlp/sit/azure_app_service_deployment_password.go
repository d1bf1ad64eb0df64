package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureAppServiceDeploymentPassword() dlp.Type {
	return dlp.Type{
		ID: "azure-app-service-deployment-password", Name: "Azure App Service deployment password",
		Group:  dlp.Credential,
		About:  "The address of a deployment with user and password.",
		Source: "Azure App Service documentation",
		Patterns: []dlp.Pattern{
			{Expr: `https://\$?[A-Za-z0-9_-]{1,60}:[A-Za-z0-9]{60}@[A-Za-z0-9.-]{1,80}\.azurewebsites\.net`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`https://$site:aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0@site.scm.azurewebsites.net`,
		},
		Negatives: []string{
			`https://$site:password@site.scm.azurewebsites.net`,
		},
	}
}
