package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func jsonWebToken() dlp.Type {
	return dlp.Type{
		ID: "json-web-token", Name: "JSON Web Token (JWT)",
		Group:  dlp.Credential,
		About:  "Header and body in base64url that begin as JSON objects do, and a signature.",
		Source: "RFC 7519",
		Patterns: []dlp.Pattern{
			{Expr: `eyJ[A-Za-z0-9_-]{10,300}\.eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{16,700}`, Alone: dlp.Medium},
		},
		Positives: []string{
			"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwI" + "n0.V9FeFPf6dASTqMvcSFez2X0cFUfmcABdEx9c3Li1FjO",
		},
		Negatives: []string{
			"eyJhbGciOiJIUzI1NiJ9",
		},
	}
}
