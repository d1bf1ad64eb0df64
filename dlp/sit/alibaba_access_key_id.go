package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func alibabaAccessKeyId() dlp.Type {
	return dlp.Type{
		ID: "alibaba-access-key-id", Name: "Alibaba Cloud Access Key ID",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `LTAI[A-Za-z0-9]{17,24}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"LTAIkmL753d9LNyzFYcm7gcx",
		},
		Negatives: []string{
			"LTAI",
		},
	}
}
