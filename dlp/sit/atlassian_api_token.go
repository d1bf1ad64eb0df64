package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func atlassianApiToken() dlp.Type {
	return dlp.Type{
		ID: "atlassian-api-token", Name: "Atlassian API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `ATATT3[A-Za-z0-9_=-]{180,200}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"ATATT30Yi7uoLUcevYFy1q7fGxccz4mAFmj5g2MpC9100SrBTuiStbxZf1TQ4fen3KpN0aLLYPrXJiQe1WcHw0AROrnuM4Dq" + "DSzkVpCxtrKxCeXvlypANY21EXnd0e5ImGq4sdWb1FXXVc1NuxSzwREZEqDz1xRmUBLmLhHdKb5IuLwrC3Ehf29bf8NkwR24",
		},
		Negatives: []string{
			"ATATT3",
		},
	}
}
