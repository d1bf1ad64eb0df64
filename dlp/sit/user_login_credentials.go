package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func userLoginCredentials() dlp.Type {
	return dlp.Type{
		ID: "user-login-credentials", Name: "User login credentials",
		Group: dlp.Credential,
		About: "A user name and a password beside it.",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:user ?name|user ?id|login|benutzername|utilisateur|identifiant|usuario|utente) ?[:=] ?[^\s:=,;"<>{}$]{2,64}[ ,;|&\n\r\t]{1,4}(?i:password|passwd|pwd|passwort|kennwort|mot de passe|contraseña|senha) ?[:=] ?[^\s"<>{}$()]{6,64}`, Check: userPassword, Alone: dlp.Medium},
		},
		Positives: []string{
			`login: ann password: Tr0ub4dor-3`,
			`Benutzername=ann; Kennwort=Ge8eim!x9`,
		},
		Negatives: []string{
			`login: ann password: ********`,
			`login: ann`,
		},
	}
}
