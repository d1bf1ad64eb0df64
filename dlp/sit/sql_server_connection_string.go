package sit

import (
	"bytes"

	"github.com/referee-casb/referee/dlp"
)

func sqlServerConnectionString() dlp.Type {
	return dlp.Type{
		ID: "sql-server-connection-string", Name: "SQL Server Connection String",
		Group: dlp.Credential,
		About: "A database connection string with server and password; placeholders are passed over.",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:server|data source) ?= ?[^;\n]{2,80};[^\n]{0,200}(?i:pwd|password) ?= ?[^;"\'\s]{6,80}`, Check: passwordValue, Alone: dlp.High},
		},
		Positives: []string{
			"Data Source=db1;Initial Catalog=x;" + "User Id=sa;Password=Tr0ub4dor-and3;",
		},
		Negatives: []string{
			"Data Source=db1;Initial Catal" + "og=x;Integrated Security=true", "Server=a;Passw" + "ord=<password>",
		},
	}
}

// passwordValue passes over what stands for a password: a name in brackets, a variable, a row of stars.
func passwordValue(m []byte) bool {
	v := m
	if i := bytes.LastIndexByte(v, '='); i >= 0 {
		v = bytes.TrimSpace(v[i+1:])
	}
	return realPassword(v)
}

func realPassword(v []byte) bool {
	if len(v) < 6 || bytes.IndexByte([]byte("<{[$%*("), v[0]) >= 0 || bytes.Contains(v, []byte("****")) || bytes.Contains(v, []byte("xxxx")) {
		return false
	}
	for _, w := range []string{"password", "changeme", "example", "yourpassword", "your_password", "placeholder", "null", "none", "undefined", "process.env", "os.environ", "getenv", "string"} {
		if bytes.EqualFold(v, []byte(w)) || len(w) > 9 && bytes.Contains(bytes.ToLower(v), []byte(w)) {
			return false
		}
	}
	return true
}
