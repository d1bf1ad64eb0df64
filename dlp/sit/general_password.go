package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func generalPassword() dlp.Type {
	return dlp.Type{
		ID: "general-password", Name: "General Password",
		Group: dlp.Credential,
		About: "An assignment of eight characters or more with letters and digits to a name for a password; placeholders and variables are passed over.",
		Patterns: []dlp.Pattern{
			{Expr: "(?i:password|passwd|pwd|passphrase|kennwort|passwort|contraseña|mot de passe|senha|wachtwoord|hasło|lösenord|salasana|пароль)\"?\\'? ?(?:=|:|=>|:=) ?[\"\\'`]?[^\\s\"\\'`<>{}()$;,]{8,64}", Check: generalPasswordCheck, Alone: dlp.Low, Near: dlp.Medium},
		},
		Keywords: []string{
			"login", "user", "username", "user name", "account", "credentials", "host", "server", "connection", "benutzer", "usuario", "utilisateur",
			"usuário",
		},
		Positives: []string{
			`password = "T` + `r0ub4dor-and3"`, "Passwort: Ge8eim!x9", "senha: abc12345!",
		},
		Negatives: []string{
			"password = os" + `.environ["X"]`, "password: ********", "password=password", "password: <secret>", "password = getPassword",
		},
	}
}

func generalPasswordCheck(m []byte) bool {
	v := afterSign(m)
	return realPassword(v) && len(v) >= 8 && random(v, 2.5)
}
