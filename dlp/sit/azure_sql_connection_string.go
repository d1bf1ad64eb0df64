package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureSqlConnectionString() dlp.Type {
	return dlp.Type{
		ID: "azure-sql-connection-string", Name: "Azure SQL connection string",
		Group:  dlp.Credential,
		About:  "A connection string to a database of Azure SQL with a user and a password.",
		Source: "Azure documentation",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:server|data source) ?= ?(?i:tcp:)?[A-Za-z0-9.-]{3,80}\.database\.windows\.net[^\n]{1,200}(?i:password|pwd) ?= ?[^;"\s]{6,80}`, Check: passwordValue, Alone: dlp.High},
		},
		Positives: []string{
			`Server=tcp:demo.database.windows.net,1433;Initial Catalog=d;User ID=a;Password=Tr0ub4dor-3;`,
		},
		Negatives: []string{
			`Server=tcp:demo.database.windows.net,1433;Authentication=Active Directory Default;`,
		},
	}
}
