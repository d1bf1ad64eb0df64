package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureAdUserCredentials() dlp.Type {
	return dlp.Type{
		ID: "azure-ad-user-credentials", Name: "Azure AD user credentials",
		Group: dlp.Credential,
		About: "A user name of Microsoft Entra ID and a password beside it.",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:user ?name|user|login|upn|account) ?[:=] ?[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,60}\.onmicrosoft\.com[ ,;|&\n\r\t]{1,4}(?i:password|passwd|pwd|pass) ?[:=] ?[^\s"<>{}]{6,64}`, Check: userPassword, Alone: dlp.High},
		},
		Positives: []string{
			`username: admin@contoso.onmicrosoft.com password: Tr0ub4dor-3`,
		},
		Negatives: []string{
			`username: admin@contoso.onmicrosoft.com`,
		},
	}
}
