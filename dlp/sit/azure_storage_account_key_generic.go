package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureStorageAccountKeyGeneric() dlp.Type {
	return dlp.Type{
		ID: "azure-storage-account-key-generic", Name: "Azure Storage Account Key (Generic)", GUID: "7ff41bd0-5419-4523-91d6-383b3a37f084",
		Group: dlp.Credential,
		About: "86 base64 characters and two signs of equality that look random, near words for a storage or Cosmos DB key.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9+/]{86}==`, Check: random4, Near: dlp.Medium},
		},
		Keywords: []string{
			"storage", "storage account", "account key", "accountkey", "storagekey", "azure", "blob", "cosmos", "primary key", "documentdb",
		},
		Positives: []string{
			"storage account key khE0gXmlHNyOw9HKdkF1O2xIm4CMsZW4VL" + "lbu3syMK9upEExBMHCrvYFHMUB9gI1ZEsDqP7ZE9m2qLsaXe3Rtm==",
		},
		Negatives: []string{
			"khE0gXmlHNyOw9HKdkF1O2xIm4CMsZW4VLlbu3syMK9u" + "pEExBMHCrvYFHMUB9gI1ZEsDqP7ZE9m2qLsaXe3Rtm==",
		},
	}
}
