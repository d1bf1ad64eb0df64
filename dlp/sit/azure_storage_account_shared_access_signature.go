package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureStorageAccountSharedAccessSignature() dlp.Type {
	return dlp.Type{
		ID: "azure-storage-account-shared-access-signature", Name: "Azure storage account shared access signature",
		Group:  dlp.Credential,
		About:  "The query of a shared access signature with its version and signature.",
		Source: "Azure Storage documentation, service SAS",
		Patterns: []dlp.Pattern{
			{Expr: `sv=20\d{2}-\d{2}-\d{2}&[A-Za-z0-9%&=_.:-]{10,400}sig=[A-Za-z0-9%]{43,63}`, Alone: dlp.High},
		},
		Positives: []string{
			`?sv=2023-01-03&st=2024-01-01T00%3A00%3A00Z&sr=b&sp=r&sig=aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h%3D`,
		},
		Negatives: []string{
			`?sv=2023-01-03&sr=b&sp=r`,
		},
	}
}
