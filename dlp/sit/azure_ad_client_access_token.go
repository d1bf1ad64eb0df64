package sit

import (
	"bytes"
	"encoding/base64"

	"github.com/referee-casb/referee/dlp"
)

func azureAdClientAccessToken() dlp.Type {
	return dlp.Type{
		ID: "azure-ad-client-access-token", Name: "Azure AD client access token",
		Group:  dlp.Credential,
		About:  "A JSON Web Token whose issuer is Microsoft Entra ID.",
		Source: "RFC 7519; Microsoft identity platform, access tokens",
		Patterns: []dlp.Pattern{
			{Expr: `eyJ[A-Za-z0-9_-]{10,400}\.eyJ[A-Za-z0-9_-]{20,1000}\.[A-Za-z0-9_-]{20,200}`, Check: azureAdClientAccessTokenCheck, Alone: dlp.High},
		},
		Positives: []string{
			`eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3N0cy53aW5kb3dzLm5ldC8xMTEvIiwic3ViIjoieCJ9.aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h`,
		},
		Negatives: []string{
			`eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tLyIsInN1YiI6IngifQ.aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h`,
		},
	}
}

func azureAdClientAccessTokenCheck(m []byte) bool {
	parts := bytes.Split(m, []byte("."))
	claims, err := base64.RawURLEncoding.DecodeString(string(parts[1]))
	return err == nil && (bytes.Contains(claims, []byte("https://sts.windows.net/")) || bytes.Contains(claims, []byte("https://login.microsoftonline.com/")))
}
