package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureDatabricksPersonalAccessToken() dlp.Type {
	return dlp.Type{
		ID: "azure-databricks-personal-access-token", Name: "Azure Databricks personal access token",
		Group:  dlp.Credential,
		About:  "A token of Databricks near an address of Azure Databricks.",
		Source: "Azure Databricks documentation",
		Patterns: []dlp.Pattern{
			{Expr: `dapi[a-f0-9]{32}(?:-\d)?`, Check: random3, Near: dlp.High},
		},
		Keywords: []string{
			"azuredatabricks.net", "azure databricks", "azuredatabricks",
		},
		Positives: []string{
			`https://adb-1.2.azuredatabricks.net dapi0a1b2c3d4e5f60718293a4b5c6d7e8f9-2`,
		},
		Negatives: []string{
			`dapi0a1b2c3d4e5f60718293a4b5c6d7e8f9-2`,
		},
	}
}
