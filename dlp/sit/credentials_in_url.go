package sit

import (
	"bytes"

	"github.com/referee-casb/referee/dlp"
)

func credentialsInUrl() dlp.Type {
	return dlp.Type{
		ID: "credentials-in-url", Name: "Credentials in URL",
		Group:  dlp.Credential,
		About:  "A URL with a user name and a password in it.",
		Source: "RFC 3986, 3.2.1",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:https?|ftps?|ssh|postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|redis|rediss|amqps?|mssql|ldaps?|smtps?)://[A-Za-z0-9._%-]{1,64}:[^\s:@/"\'<>]{3,80}@[A-Za-z0-9.-]{2,100}`, Check: urlPassword, Alone: dlp.High},
		},
		Positives: []string{
			"postgres://app:Tr0ub4do" + "r-and3@db.example.com/x",
		},
		Negatives: []string{
			"https://exam" + "ple.com/a:b@c", "postgres://user:p" + "assword@localhost", "mysql://app:${" + "DB_PASSWORD}@db",
		},
	}
}

func urlPassword(m []byte) bool {
	m = m[bytes.Index(m, []byte("://"))+3:]
	at := bytes.IndexByte(m, '@')
	return realPassword(m[bytes.IndexByte(m, ':')+1 : at])
}
