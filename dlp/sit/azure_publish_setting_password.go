package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azurePublishSettingPassword() dlp.Type {
	return dlp.Type{
		ID: "azure-publish-setting-password", Name: "Azure Publish Setting Password", GUID: "75f4cc8a-a68e-49e5-89ce-fa8f03d286a5",
		Group: dlp.Credential,
		About: "The password in a publish profile.",
		Patterns: []dlp.Pattern{
			{Expr: `userPWD="[A-Za-z0-9/\\+]{60}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			`userPWD="jvOLC4Jc3yotbTXLPOt5rpvfur` + `7wzRKtlQuF1Uvs0Yn2KK8bQnzWsyg39odd"`,
		},
		Negatives: []string{
			`userPWD="x"`,
		},
	}
}
