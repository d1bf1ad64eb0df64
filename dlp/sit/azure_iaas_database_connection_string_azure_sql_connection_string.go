package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureIaasDatabaseConnectionStringAzureSqlConnectionString() dlp.Type {
	return dlp.Type{
		ID: "azure-iaas-database-connection-string-azure-sql-connection-string", Name: "Azure IAAS Database Connection String and Azure SQL Connection String", GUID: "ce1a126d-186f-4700-8c0c-486157b953fd",
		Group: dlp.Credential,
		About: "A connection string to an Azure database with its password.",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:server|data source|address) ?= ?(?i:tcp:)?[A-Za-z0-9.-]{3,80}\.database\.(?:windows\.net|azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)[^\n]{0,200}(?i:pwd|password) ?= ?[^;"\'\s]{6,80}`, Check: passwordValue, Alone: dlp.High},
		},
		Positives: []string{
			"Server=tcp:contoso.database.windows.net," + "1433;User ID=app;Password=Tr0ub4dor-and3;",
		},
		Negatives: []string{
			"Server=tcp:contoso.database.windows.ne" + "t,1433;Authentication=Active Directory",
		},
	}
}
