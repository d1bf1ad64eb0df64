package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func amazonS3ClientSecretAccessKey() dlp.Type {
	return dlp.Type{
		ID: "amazon-s3-client-secret-access-key", Name: "Amazon S3 Client Secret Access Key",
		Group:  dlp.Credential,
		About:  "40 base64 characters that look random, near words for an AWS secret key.",
		Source: "AWS IAM, access keys",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9/+]{40}`, Check: random4, Near: dlp.High},
		},
		Keywords: []string{
			"aws", "aws secret", "secret access key", "aws_secret_access_key", "aws secret key", "secretaccesskey", "awssecretkey", "amazon", "s3", "akia",
		},
		Proximity: 150,
		Positives: []string{
			"aws_secret_access_key = gSlAGc6e" + "Ui45kEBz6puPeXXHQ3WTdOl3bpX5UiJR",
		},
		Negatives: []string{
			"gSlAGc6eUi45kEBz6puP" + "eXXHQ3WTdOl3bpX5UiJR", "aws secret access key aaaaaaaaa" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		},
	}
}
