package sit

import (
	"bytes"
	"encoding/base64"

	"github.com/referee-casb/referee/dlp"
)

func httpAuthorizationHeader() dlp.Type {
	return dlp.Type{
		ID: "http-authorization-header", Name: "Http Authorization Header",
		Group:  dlp.Credential,
		About:  "Basic or bearer credentials in a header.",
		Source: "RFC 7617; RFC 6750",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:authorization)"?[:=] ?"?\'?(?i:basic) [A-Za-z0-9+/]{8,200}={0,2}`, Check: basicCredentials, Alone: dlp.High},
			{Expr: `(?i:authorization)"?[:=] ?"?\'?(?i:bearer|token) [A-Za-z0-9._~+/-]{20,1000}={0,2}`, Check: random35, Alone: dlp.Medium},
		},
		Positives: []string{
			"Authorization: Basic" + " dXNlcjpUcjB1YjRkb3I=", "authorization: Bearer jpLBuE69F" + "SHYHoANqo2m2HcD4RzNuRJedp0zcSv6",
		},
		Negatives: []string{
			"Authorization" + ": Basic realm", "Authorization" + ": Bearer token",
		},
	}
}

// basicCredentials asks for a colon in what is encoded.
func basicCredentials(m []byte) bool {
	raw, err := base64.StdEncoding.DecodeString(string(m[bytes.LastIndexByte(m, ' ')+1:]))
	return err == nil && bytes.IndexByte(raw, ':') > 0
}
