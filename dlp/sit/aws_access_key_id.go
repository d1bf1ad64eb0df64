package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func awsAccessKeyId() dlp.Type {
	return dlp.Type{
		ID: "aws-access-key-id", Name: "Amazon AWS Access Key ID",
		Group:  dlp.Credential,
		About:  "The fixed prefix and length of the service's tokens.",
		Source: "AWS IAM, unique identifiers",
		Patterns: []dlp.Pattern{
			{Expr: `(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"AKIAORV7CNF6NFD2CZRY",
		},
		Negatives: []string{
			"AKIA1234", "AKIAEXAMPLEEXAMPLEEXX",
		},
	}
}
