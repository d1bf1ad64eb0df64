package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureDocumentDbAuthKey() dlp.Type {
	return dlp.Type{
		ID: "azure-document-db-auth-key", Name: "Azure Document DB Auth Key", GUID: "0f587d92-eb28-44a9-bd1c-90f2892b47aa",
		Group: dlp.Credential,
		About: "A Cosmos DB connection string with its key.",
		Patterns: []dlp.Pattern{
			{Expr: `AccountEndpoint ?= ?https://[a-z0-9-]{3,44}\.documents\.azure\.(?:com|us|cn)(?::443)?/?; ?AccountKey ?= ?[A-Za-z0-9+/]{86}==`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"AccountEndpoint=https://contoso.documents.azure.com:443/;AccountKey=unEj47joEL" + "2upXkibCDRMRMbnU4vzEuiqzT7oPvvJJ0JbbH0zyAqveFVuM5MvtMF0RsnbxIyGMRMwl9bR1av6D==",
		},
		Negatives: []string{
			"AccountEndpoint=https://c" + "ontoso.documents.azure.com",
		},
	}
}
