package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func tencentSecretId() dlp.Type {
	return dlp.Type{
		ID: "tencent-secret-id", Name: "Tencent Cloud Secret ID",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `AKID[A-Za-z0-9]{32}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"AKID88mUEb0xXYWKAI" + "6ep4Hal5OWc9XBfbEZ",
		},
		Negatives: []string{
			"AKID",
		},
	}
}
