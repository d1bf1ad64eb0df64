package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureStorageAccountSharedAccessSignatureHighRiskResources() dlp.Type {
	return dlp.Type{
		ID: "azure-storage-account-shared-access-signature-high-risk-resources", Name: "Azure storage account shared access signature for high risk resources",
		Group:  dlp.Credential,
		About:  "The query of a shared access signature for a whole account.",
		Source: "Azure Storage documentation, account SAS",
		Patterns: []dlp.Pattern{
			{Expr: `sv=20\d{2}-\d{2}-\d{2}&ss=[bfqt]{1,4}&srt=[sco]{1,3}&sp=[a-z]{1,14}&[A-Za-z0-9%&=_.:-]{5,400}sig=[A-Za-z0-9%]{43,63}`, Alone: dlp.High},
		},
		Positives: []string{
			`?sv=2023-01-03&ss=bfqt&srt=sco&sp=rwdlacup&se=2024-01-01T00:00:00Z&spr=https&sig=aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h%3D`,
		},
		Negatives: []string{
			`?sv=2023-01-03&st=2024-01-01T00%3A00%3A00Z&sr=b&sp=r&sig=aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3fG4h%3D`,
		},
	}
}
